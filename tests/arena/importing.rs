//! Imports and exports, as somebody at a shell has them.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::process::{Said, ServerProcess, grand_arena, run};
use crate::harness::{Arena, cluster};

const NEEDED: [&str; 6] =
    ["--name", "Name", "--venue", "Venue", "--starts-at", "2031-01-01T20:00:00Z"];
const HEADER: &str = "section,row,number,category,price_minor,currency\n";

/// A database, and a folder with files to bring into it.
struct Desk {
    arena: Arena,
    folder: PathBuf,
}

impl Desk {
    async fn new(name: &str) -> Self {
        Self { arena: Arena::new().await, folder: cluster::temporary_folder(name) }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let file = self.folder.join(name);
        std::fs::write(&file, content).unwrap();
        file.to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Said {
        run(grand_arena(arguments).env("DATABASE_URL", &self.arena.url))
    }

    fn import(&self, file: &str, slug: &str, terms: &[&str]) -> Said {
        self.run(&[&["import", file, "--event", slug], &NEEDED[..], terms].concat())
    }

    async fn slugs(&self) -> Vec<String> {
        let slugs = sqlx::query_scalar("SELECT slug FROM events ORDER BY id");
        slugs.fetch_all(&self.arena.sql).await.unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A document with an event of this name, whose row has so many seats.
fn document(slug: &str, seats: usize) -> Value {
    let seats: Vec<_> = (1..=seats).map(|number| number.to_string()).collect();
    json!({
        "format": "grand-arena-venue", "version": 1, "currency": "EUR",
        "event": {
            "slug": slug, "name": "Name", "venue": "Venue", "startsAt": "2031-01-01T20:00:00Z",
        },
        "categories": [{ "name": "Gold", "priceMinor": 5_000 }],
        "sections": [{
            "name": "A", "category": "Gold", "rows": [{ "name": "1", "seats": seats }],
        }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_says_what_may_be_let_go_and_how_long_holds_are_prolonged() {
    let desk = Desk::new("import-terms").await;
    let file = desk.file("seats.csv", HEADER.to_owned() + "A,1,1,Gold,50,EUR\n");
    for (slug, terms, expected) in [
        ("unsaid", &[][..], (Some(60), 0)),
        ("none", &["--max-seats-let-go", "none"], (None, 0)),
        ("said", &["--max-seats-let-go", "9", "--hold-extension-seconds", "120"], (Some(9), 120)),
    ] {
        assert_eq!(desk.import(&file, slug, terms).code, Some(0), "{slug}");
        let said = "SELECT max_seats_let_go, hold_extension_seconds FROM events WHERE slug = $1";
        let said = sqlx::query_as::<_, (Option<i32>, i32)>(said).bind(slug);
        assert_eq!(said.fetch_one(&desk.arena.sql).await.unwrap(), expected, "{slug}");
    }
    let refused = desk.import(&file, "bad", &["--max-seats-let-go", "0"]);
    assert!(refused.err.contains("let go must be 1 to 1000"), "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_is_imported_again_and_exported_as_the_same_bytes() {
    let desk = Desk::new("import-round").await;
    let theatre = concat!(env!("CARGO_MANIFEST_DIR"), "/venues/theatre.json");
    let said = desk.import(theatre, "night-1", &["--max-seats-per-viewer", "none"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.starts_with("night-1: brought in, seats: 1573, id: "), "{}", said.out);
    let first = desk.run(&["export", "night-1"]);
    assert_eq!(first.code, Some(0), "{}", first.err);
    let tickets = "\"tickets\": [{\"name\": \"Adult\", \"priceMinor\": 3500}, \
        {\"name\": \"Under 26\", \"priceMinor\": 1500}]";
    assert!(first.out.contains(tickets), "{}", first.out);
    let file = desk.file("night-1.json", &first.out);

    let again = desk.run(&["import", &file]);
    let as_it_is = "night-1: left as it is: it is there with this plan, seats: 1573\n";
    assert_eq!((again.code, again.out.as_str()), (Some(0), as_it_is), "{}", again.err);
    let later = desk.run(&["import", &file, "--starts-at", "2032-01-01T20:00:00Z"]);
    assert!(later.out.contains("its terms are others, and an import does not"), "{}", later.out);

    // Another night in the same house, with all terms but its name.
    let said = desk.run(&["import", &file, "--event", "night-2"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let second = desk.run(&["export", "night-2"]).out;
    assert_eq!(second.replace("night-2", "night-1"), first.out);

    let csv = desk.run(&["export", "night-1", "--format", "csv"]);
    assert!(csv.err.contains("the focal point and types of ticket are left out"));
    let csv = desk.file("night-3.csv", &csv.out);
    assert_eq!(desk.import(&csv, "night-3", &[]).code, Some(0));
    let third = desk.run(&["export", "night-3", "--format", "csv"]);
    assert_eq!((third.out, third.err.as_str()), (std::fs::read_to_string(&csv).unwrap(), ""));

    let missing = desk.run(&["export", "night-4"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("no event with the slug or id \"night-4\""), "{}", missing.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_events_come_in_each_whole_and_an_import_is_repeatable() {
    let desk = Desk::new("import-several").await;
    let [one, two] = [document("one", 3), document("two", 4)].map(|it| it.to_string());
    let both = desk.file("both.json", format!("{one}\n{two}\n"));
    let three = desk.file("three.json", document("three", 5).to_string());

    // Nothing comes in while something is wrong with any of them.
    let wrong = desk.file("wrong.json", format!("{one}\n\n{{\"format\": 1}}\n"));
    for files in [&[&wrong][..], &[&three, &wrong]] {
        let files: Vec<_> = files.iter().map(|file| file.as_str()).collect();
        let said = desk.run(&[&["import"][..], &files].concat());
        assert_eq!(said.code, Some(2));
        assert!(said.err.contains("line 3: it has no version"), "{}", said.err);
    }
    let twice = desk.run(&["import", &both, &both]);
    assert!(twice.err.contains("one: an event is there twice"), "{}", twice.err);
    let one_name = desk.run(&["import", &both, "--event", "three"]);
    assert!(one_name.err.contains("--event names one event, and there are"), "{}", one_name.err);
    assert!(desk.slugs().await.is_empty());

    let said = desk.run(&["import", &both]);
    assert_eq!((said.code, said.out.lines().count()), (Some(0), 2), "{}", said.err);
    // What is there is left alone, what is another is refused, and the rest comes in.
    let changed = desk.file("changed.json", document("two", 9).to_string());
    let said = desk.run(&["import", &changed, &three]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("1 of 2 events were not brought in"), "{}", said.err);
    let lines: Vec<_> = said.out.lines().collect();
    let start = "two: not brought in: there is an event of this name whose number of seats is";
    assert!(lines[0].starts_with(start), "{}", said.out);
    assert!(lines[1].starts_with("three: brought in, seats: 5"), "{}", said.out);
    assert_eq!(desk.slugs().await, ["one", "two", "three"]);
    let seats = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM seats");
    assert_eq!(seats.fetch_one(&desk.arena.sql).await.unwrap(), 3 + 4 + 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_went_wrong_are_answered_with_lines() {
    let desk = Desk::new("import-wrong").await;
    let case = |name: &str| format!("{}/tests/cases/{name}", env!("CARGO_MANIFEST_DIR"));
    let refused = |file: &str, expected: &str| {
        let said = desk.import(file, "wrong", &[]);
        assert_eq!(said.code, Some(2), "{}", said.out);
        assert!(said.err.contains(expected), "{}", said.err);
    };
    refused(
        &case("twins.csv"),
        "line 3: section \"Parterre\", row \"É\", number \"1\" is on line 2",
    );
    refused(&case("wrong.json"), "20 things are wrong:\nline 5: it has the unknown field");
    let latin = [HEADER.as_bytes(), b"R\xe4nge,1,1,Gold,1,EUR\n"].concat();
    refused(&desk.file("latin.csv", latin), "Windows-1252 or Latin-1, where \"Ränge\" would be");
    refused(&desk.file("wide.csv", b"\xff\xfes\0e\0"), "in UTF-16, as Excel's \"Unicode Text\"");
    refused("/no/such/file", "/no/such/file cannot be read");
    let unnamed = desk.run(&["import", &case("rupiah.csv"), "--name", "Name"]);
    assert!(unnamed.err.contains("give --event, --venue, --starts-at"), "{}", unnamed.err);
    assert!(desk.slugs().await.is_empty());
    for (name, seats) in [("rupiah.csv", 2), ("forint.csv", 1), ("theatre.csv", 962)] {
        let said = desk.import(&case(name), name.split_once('.').unwrap().0, &[]);
        assert!(said.out.contains(&format!("brought in, seats: {seats}")), "{}", said.err);
    }
    let prices = "SELECT amount_minor FROM categories WHERE event_id < 3 ORDER BY event_id";
    let prices = sqlx::query_scalar::<_, i64>(prices).fetch_all(&desk.arena.sql).await.unwrap();
    assert_eq!(prices, [150_000_000, 990_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_shows_a_concert_a_theatre_and_a_festival_beside_the_arena() {
    let arena = Arena::new().await;
    for _ in 0..2 {
        let server = ServerProcess::start(grand_arena(&["--demo"]).env("DATABASE_URL", &arena.url));
        let alice = server.client("alice");
        let query = "query ($id: ID!) { event(id: $id) { name availability { available } }
            seatPlan(eventId: $id) { seats { kind } shapes { kind } } }";
        for (slug, seats, kinds) in [
            ("demo-concert", 8_455, &["STANDING", "SEAT"][..]),
            ("demo-theatre", 1_573, &["SEAT", "CHAIR"]),
            ("demo-festival", 5_532, &["STANDING", "CHAIR", "SEAT"]),
        ] {
            let answer = alice.data(query, json!({ "id": slug })).await;
            assert_eq!(answer["event"]["availability"]["available"], seats, "{slug}");
            let places = answer["seatPlan"]["seats"].as_array().unwrap();
            for kind in kinds {
                assert!(places.iter().any(|place| place["kind"] == *kind), "{slug} {kind}");
            }
            assert!(!answer["seatPlan"]["shapes"].as_array().unwrap().is_empty());
        }
        let events = alice.data("{ events { nodes { slug } } }", json!({})).await;
        assert_eq!(events["events"]["nodes"][0]["slug"], "grand-arena", "pages open with it");
        assert_eq!(events["events"]["nodes"].as_array().unwrap().len(), 4);
    }
}
