//! What an import may say of an event's terms.

use crate::harness::process::{grand_arena, run};
use crate::harness::{Arena, cluster};

#[tokio::test(flavor = "multi_thread")]
async fn an_import_says_what_may_be_let_go_and_how_long_holds_are_prolonged() {
    let arena = Arena::new().await;
    let folder = cluster::temporary_folder("import-terms");
    let file = folder.join("seats.csv");
    let csv = "section,row,number,category,price_minor,currency\nA,1,1,Gold,50,EUR\n";
    std::fs::write(&file, csv).unwrap();
    let import = |slug: &str, terms: &[&str]| {
        let file = file.to_str().unwrap();
        let needed = ["--name", "Name", "--venue", "Venue", "--starts-at", "2031-01-01T20:00:00Z"];
        let arguments = [&["import", file, "--event", slug], &needed[..], terms].concat();
        run(grand_arena(&arguments).env("DATABASE_URL", &arena.url))
    };
    for (slug, terms, expected) in [
        ("unsaid", &[][..], (Some(60), 0)),
        ("none", &["--max-seats-let-go", "none"], (None, 0)),
        ("said", &["--max-seats-let-go", "9", "--hold-extension-seconds", "120"], (Some(9), 120)),
    ] {
        assert_eq!(import(slug, terms).code, Some(0), "{slug}");
        let said = "SELECT max_seats_let_go, hold_extension_seconds FROM events WHERE slug = $1";
        let said = sqlx::query_as::<_, (Option<i32>, i32)>(said).bind(slug);
        assert_eq!(said.fetch_one(&arena.sql).await.unwrap(), expected, "{slug}");
    }
    let refused = import("bad", &["--max-seats-let-go", "0"]);
    assert!(refused.err.contains("let go must be 1 to 1000"), "{}", refused.err);
    std::fs::remove_dir_all(folder).unwrap();
}
