// Types and documents of our operations, from the schema that the server's tests keep true.
// `npm run codegen` writes them. `npm run codegen:check` fails where they are out of date.

/** @type {import('@graphql-codegen/cli').CodegenConfig} */
export default {
  schema: '../schema.graphql',
  documents: 'src/*.graphql',
  generates: {
    'src/generated/operations.ts': {
      plugins: ['./operations-plugin.mjs'],
      config: {
        // Documents are text: nothing parses GraphQL in the browser.
        documentMode: 'string',
        enumsAsTypes: true,
        useTypeImports: true,
        skipTypename: false,
        strictScalars: true,
        scalars: { DateTime: 'string', MinorUnits: 'number', Revision: 'number' },
      },
    },
  },
};
