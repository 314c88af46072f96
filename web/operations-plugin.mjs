// Writes what two plugins of the code generator give, in lines of at most 100 columns. It is a
// plugin itself, so that `npm run codegen:check` compares the same lines.

import * as types from '@graphql-codegen/typescript-operations';
import * as documents from '@graphql-codegen/typed-document-node';
import { format } from 'prettier';

const COLUMNS = 100;

export async function plugin(...args) {
  const parts = [await types.plugin(...args), await documents.plugin(...args)];
  const imports = parts.flatMap(({ prepend }) => prepend ?? []);
  const text = [...imports, ...parts.map(({ content }) => content)]
    .join('\n')
    // Or what uses one document would bring all of them along.
    .replaceAll('new TypedDocumentString(', '/* @__PURE__ */ new TypedDocumentString(');
  const formatted = await format(text, {
    parser: 'typescript',
    singleQuote: true,
    printWidth: COLUMNS,
  });
  return formatted.split('\n').flatMap(withoutLongComment).join('\n');
}

/** A line of a comment goes on in a second one where it is too long. */
function withoutLongComment(line) {
  if (line.length <= COLUMNS || !/^ *\* /.test(line)) return [line];
  const end = line.lastIndexOf(' ', COLUMNS);
  const indent = line.slice(0, line.indexOf('*'));
  return [line.slice(0, end), ...withoutLongComment(`${indent}* ${line.slice(end + 1)}`)];
}
