// Types and documents of our operations, from the schema that the server's tests keep true. `npm run codegen` writes
// them; `npm run codegen:check` fails where they are not what they would be written as.

/** @type {import('@graphql-codegen/cli').CodegenConfig} */
export default {
  schema: '../schema.graphql',
  documents: 'src/*.graphql',
  generates: {
    'src/generated/operations.ts': {
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        // Documents are text: nothing parses GraphQL in the browser.
        documentMode: 'string',
        enumsAsTypes: true,
        useTypeImports: true,
        skipTypename: false,
        strictScalars: true,
        scalars: { DateTime: 'string', Revision: 'number' },
      },
    },
  },
};
