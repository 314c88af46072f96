//! Who may import whom: the table in ARCHITECTURE.md is the rule.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{files, none, read};

/// Rooms and the rooms that they may import.
type Rooms = BTreeMap<String, BTreeSet<String>>;

#[test]
fn a_room_imports_only_what_the_map_allows() {
    let allowed = allowed();
    let mut broken = Vec::new();
    for (room, imports) in imported(&allowed) {
        let Some(allowed) = allowed.get(&room) else {
            broken.push(format!("{room} is not in the table"));
            continue;
        };
        let beyond = imports.iter().filter(|import| !allowed.contains(*import));
        broken.extend(beyond.map(|import| format!("{room} imports {import}")));
        let unused = allowed.iter().filter(|import| !imports.contains(*import));
        broken.extend(unused.map(|import| format!("{room} does not import {import} any more")));
    }
    none("ARCHITECTURE.md says who may import whom:", &broken);
}

/// The table's rows: the names of rooms, and what they import.
fn allowed() -> Rooms {
    let text = read("ARCHITECTURE.md");
    let table = text.split("| room | what it is | imports |").nth(1).expect("the table of rooms");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    rows.flat_map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        let imports: BTreeSet<String> = names(cells[3]);
        let rooms: BTreeSet<String> = names(cells[1]);
        rooms.into_iter().map(move |room| (room, imports.clone()))
    })
    .collect()
}

/// What the files of each room in `src` name of the other rooms.
fn imported(rooms: &Rooms) -> Rooms {
    let mut imported = Rooms::new();
    for path in files(&["rs"]).iter().filter(|path| path.starts_with("src")) {
        let below = path.strip_prefix("src").unwrap().with_extension("");
        let room = below.iter().next().unwrap().to_str().unwrap().to_owned();
        if ["lib", "main"].contains(&room.as_str()) {
            continue;
        }
        let text = read(path);
        // A path upwards could lead into another room unseen.
        assert!(!text.contains("super::super"), "{}: write crate::…", path.display());
        let named = text.split("crate::").skip(1).flat_map(first_names);
        let others = named.filter(|name| *name != room && rooms.contains_key(name));
        imported.entry(room.clone()).or_default().extend(others);
    }
    imported
}

/// The names that a path after `crate::` begins with: one, or all in braces.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        text.trim().split(|c| !is_part(c)).next().unwrap_or_default().to_owned()
    };
    match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((names, _)) => names.split(',').map(name).collect(),
        None => vec![name(rest)],
    }
}
