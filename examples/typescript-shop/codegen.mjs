// What `npm run generate` does: types for every graphql(`…`) in src/, from the server's schema.

/** @type {import('@graphql-codegen/cli').CodegenConfig} */
export default {
  schema: '../../schema.graphql',
  documents: 'src/*.ts',
  generates: {
    'src/generated/': {
      preset: 'client',
      // Not `useFragment`: it is no hook of React.
      presetConfig: { fragmentMasking: { unmaskFunctionName: 'unmask' } },
      config: {
        // Documents stay text, so nothing parses GraphQL at run time.
        documentMode: 'string',
        // A scalar that is added to the schema is named here before this compiles again.
        strictScalars: true,
        scalars: { DateTime: 'string', MinorUnits: 'number', Revision: 'number' },
        useTypeImports: true,
        // What is imported is JavaScript in the end.
        importExtension: '.js',
      },
    },
  },
};
