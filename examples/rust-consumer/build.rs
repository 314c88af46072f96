//! Makes a module of each operation, typed as the schema says.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use graphql_client_codegen::normalization::Normalization;
use graphql_client_codegen::{
    CodegenMode, GraphQLClientCodegenOptions, generate_module_token_stream,
};

const SCHEMA: &str = "../../schema.graphql";
const DOCUMENTS: &str = "operations.graphql";

/// The operations, and which enums each takes from another instead of having a copy of its own.
const OPERATIONS: [(&str, &[&str]); 7] = [
    ("EventsOnSale", &[]),
    ("FreeSeats", &[]),
    ("BecomeGuest", &[]),
    ("LiveSeats", &[]),
    ("Hold", &[]),
    // `api.rs` gives them that of `Hold`, so that one `match` is enough.
    ("Buy", &["RefusalReason"]),
    ("GiveBack", &["RefusalReason"]),
];

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    println!("cargo::rerun-if-changed={SCHEMA}");
    println!("cargo::rerun-if-changed={DOCUMENTS}");

    let out = PathBuf::from(env::var("OUT_DIR")?);
    let schema = out.join("schema.graphql");
    fs::write(&schema, without_description_of_all(&fs::read_to_string(SCHEMA)?))?;
    let mut modules = String::new();
    for (operation, enums_of_others) in OPERATIONS {
        let options = options(operation, enums_of_others)?;
        let module = generate_module_token_stream(DOCUMENTS.into(), &schema, options)?;
        modules.push_str(&module.to_string());
    }
    fs::write(out.join("operations.rs"), modules)?;
    Ok(())
}

/// Leaves out what the schema says of itself as a whole, before `schema { … }`.
///
/// GraphQL allows a description there since October 2021. Some parsers do not know that yet, and
/// graphql_client's stops at it. No type is made of it, so nothing is lost.
fn without_description_of_all(schema: &str) -> String {
    const QUOTES: &str = "\"\"\"";
    let described = schema.split_once("\"\"\"\nschema {");
    match described.and_then(|(before, after)| Some((before.rfind(QUOTES)?, before, after))) {
        Some((start, before, after)) => format!("{}schema {{{after}", &before[..start]),
        None => schema.to_owned(),
    }
}

fn options(
    operation: &str,
    enums_of_others: &[&str],
) -> Result<GraphQLClientCodegenOptions, syn::Error> {
    let mut options = GraphQLClientCodegenOptions::new(CodegenMode::Cli);
    options.set_operation_name(operation.to_owned());
    options.set_module_visibility(syn::parse_str("pub")?);
    options.set_normalization(Normalization::Rust);
    options.set_variables_derives("Clone".to_owned());
    options.set_response_derives("Clone, Debug".to_owned());
    // The API may grow, and an older program still has to read what it gets. So each union has a
    // variant `Unknown`; enums have `Other` as it is.
    options.set_fragments_other_variant(true);
    options.set_extern_enums(enums_of_others.iter().map(|&name| name.to_owned()).collect());
    Ok(options)
}
