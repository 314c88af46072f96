//! What is beside the binary for whoever runs it: commands in documents, the service, manifests,
//! manual pages. None of it may name what is not there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use grand_arena::cli;
use serde_json::{Value, json};

use crate::harness::cluster;
use crate::harness::node::skip;
use crate::harness::process::{grand_arena, run};

const UNIT: &str = include_str!("../../ops/systemd/grand-arena.service");

/// Variables of others: compose.yaml's own, and the tests'.
const OTHERS: [&str; 3] = ["ARENA_DB_PASSWORD", "ARENA_TEST_DATABASE_URL", "ARENA_TEST_SEED"];

fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// The texts of all files below a folder that end in one of these.
fn texts(folder: &str, extensions: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![path(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|is| extensions.iter().any(|it| is == *it)) {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    found
}

/// The lines of the shell's blocks in a document, each whole.
fn shell_lines(document: &str) -> Vec<String> {
    let blocks = document.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let whole: Vec<String> = blocks.map(|block| block.replace("\\\n", " ")).collect();
    whole.iter().flat_map(|block| block.lines()).map(str::to_owned).collect()
}

/// The words of the first command of ours in a line, as a shell would split it.
fn our_words(line: &str) -> Option<Vec<String>> {
    let line = line.split(" #").next()?.split(['|', '>', ';', ')']).next()?;
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.trim().chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == ' ' => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    let is_ours = |word: &String| word == "grand-arena" || word.ends_with("/grand-arena");
    let first = words.iter().position(is_ours)?;
    Some(words.split_off(first).into_iter().filter(|word| !word.is_empty()).collect())
}

#[test]
fn every_command_of_ours_in_a_document_is_one_that_the_binary_takes() {
    let mut documents = texts("docs", &["md"]);
    let readme = std::fs::read_to_string(path("README.md")).unwrap();
    documents.push(("README.md".to_owned(), readme));
    let mut tried = 0;
    for (name, document) in documents {
        for line in shell_lines(&document) {
            let Some(words) = our_words(&line) else { continue };
            let parsed = cli::command().try_get_matches_from(words);
            assert!(parsed.is_ok(), "{name}: {line}: {}", parsed.unwrap_err());
            tried += 1;
        }
    }
    assert!(tried > 10, "there are commands in the documents: {tried}");
}

/// The variables that the command and those below it read.
fn variables(command: &clap::Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_env());
    let mut names: BTreeSet<_> = own.map(|name| name.to_str().unwrap().to_owned()).collect();
    names.extend(command.get_subcommands().flat_map(variables));
    names
}

/// What looks like a setting of ours in a text.
fn settings_in(text: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c: char| !is_part(c));
    words.filter(|word| word.starts_with("ARENA_") && *word != "ARENA_").collect()
}

#[test]
fn every_setting_that_is_named_for_operators_is_one_that_the_binary_reads() {
    let known = variables(&cli::command());
    let mut named = texts("ops", &["service", "env", "yaml", "conf", "md"]);
    for file in ["README.md", "docs/operations.md", "compose.yaml", "Dockerfile"] {
        named.push((file.to_owned(), std::fs::read_to_string(path(file)).unwrap()));
    }
    for (name, text) in named {
        for setting in settings_in(&text) {
            let is_known = known.contains(setting) || OTHERS.contains(&setting);
            assert!(is_known, "{name}: there is no setting {setting}");
        }
    }
}

/// The value of a setting of the service.
fn of_unit(name: &str) -> &'static str {
    let found = UNIT.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("the unit does not say {name}"))
}

#[test]
fn the_service_starts_what_there_is_and_leaves_room_for_what_it_asks_for() {
    let words = of_unit("ExecStart").split(' ');
    let matches = cli::command().try_get_matches_from(words).unwrap();
    let (name, serve) = matches.subcommand().unwrap();
    assert_eq!(name, "serve");
    let number = |id: &str| *serve.get_one::<u32>(id).unwrap();
    let wanted = number("max_subscriptions") + 4_096 + 256;
    assert!(of_unit("LimitNOFILE").parse::<u32>().unwrap() > wanted);
    // The private PostgreSQL may take 30 s more.
    let stopping: u32 = of_unit("TimeoutStopSec").parse().unwrap();
    assert!(stopping > number("shutdown_seconds") + 30);
}

#[test]
fn systemd_takes_the_service_and_finds_it_closed_off() {
    let analyze = |arguments: &[&str]| run(Command::new("systemd-analyze").args(arguments));
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        let obstacle = "there is no systemd-analyze here; install the package `systemd`";
        return skip("the service", obstacle);
    }
    let folder = cluster::temporary_folder("unit");
    let unit = folder.join("grand-arena.service");
    // There is no manual page of ours on this machine, and the binary is elsewhere.
    let text = UNIT.replace("man:grand-arena(1) ", "");
    let text = text.replace("/usr/bin/grand-arena", env!("CARGO_BIN_EXE_grand-arena"));
    std::fs::write(&unit, text).unwrap();
    let unit = unit.to_str().unwrap();
    let verified = analyze(&["verify", unit]);
    assert_eq!((verified.code, verified.err.trim()), (Some(0), ""));
    let judged = analyze(&["security", "--offline=yes", "--threshold=20", unit]);
    assert_eq!(judged.code, Some(0), "{}", judged.out);
    std::fs::remove_dir_all(folder).unwrap();
}

/// All objects of the manifests, found valid by Kubernetes' own schemas.
fn manifests() -> Option<Vec<Value>> {
    let folder = path("tests/kubernetes");
    // `make test` writes it when everything is installed.
    if !folder.join(".venv/installed").exists() {
        let obstacle = "the packages of tests/kubernetes are not installed; `make test` does that \
                        where there is Python 3.11 or newer with the module venv";
        skip("the manifests for Kubernetes", obstacle);
        return None;
    }
    let mut python = Command::new(folder.join(".venv/bin/python"));
    let said = run(python.arg(folder.join("validate.py")).arg(path("ops/kubernetes")));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    Some(serde_json::from_str(&said.out).unwrap())
}

/// The one object of a kind.
fn of_kind<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let found = objects.iter().find(|object| object["kind"] == kind);
    found.unwrap_or_else(|| panic!("there is no {kind}"))
}

#[test]
fn kubernetes_takes_the_manifests_and_they_fit_the_server() {
    let Some(objects) = manifests() else { return };
    let known = variables(&cli::command());
    let settings = of_kind(&objects, "ConfigMap")["data"].as_object().unwrap();
    let secrets = of_kind(&objects, "Secret")["stringData"].as_object().unwrap();
    for name in settings.keys().chain(secrets.keys()) {
        assert!(known.contains(name), "there is no setting {name}");
    }
    let pod = &of_kind(&objects, "Deployment")["spec"]["template"];
    let container = &pod["spec"]["containers"][0];
    for (probe, page) in
        [("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")]
    {
        assert_eq!(container[probe]["httpGet"], json!({ "path": page, "port": "http" }), "{probe}");
    }
    let seconds = |text: &Value| text.as_str().unwrap().parse::<u64>().unwrap();
    let pre_stop = &container["lifecycle"]["preStop"]["exec"]["command"];
    assert_eq!(pre_stop[0], "sleep");
    let stopping = seconds(&pre_stop[1]) + seconds(&settings["ARENA_SHUTDOWN_SECONDS"]);
    assert!(pod["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap() > stopping);
    for (name, port) in [("ARENA_LISTEN", "http"), ("ARENA_METRICS_LISTEN", "metrics")] {
        let ports = container["ports"].as_array().unwrap();
        let port = ports.iter().find(|it| it["name"] == port).unwrap();
        let listens = format!("0.0.0.0:{}", port["containerPort"]);
        assert_eq!(settings[name], listens, "{name}");
    }
    for kind in ["Deployment", "Job"] {
        let pod = &of_kind(&objects, kind)["spec"]["template"]["spec"];
        let words = pod["containers"][0]["args"].as_array().unwrap();
        let words = words.iter().map(|word| word.as_str().unwrap());
        cli::command().try_get_matches_from(["grand-arena"].into_iter().chain(words)).unwrap();
        // The user that the image is made for.
        let user = &pod["securityContext"]["runAsUser"];
        assert!(include_str!("../../Dockerfile").contains(&format!("USER {user}:{user}")));
    }
    let labels = &pod["metadata"]["labels"];
    assert_eq!(&of_kind(&objects, "Service")["spec"]["selector"], labels);
    let budget = &of_kind(&objects, "PodDisruptionBudget")["spec"];
    assert_eq!(&budget["selector"]["matchLabels"], labels);
}

#[test]
fn the_binary_writes_its_manual_pages_and_completions() {
    let folder = cluster::temporary_folder("manual");
    let said = run(&mut grand_arena(&["man", "--folder", folder.to_str().unwrap()]));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    for command in cli::command().get_subcommands() {
        let page = folder.join(format!("grand-arena-{}.1", command.get_name()));
        let text = std::fs::read_to_string(&page);
        assert!(text.is_ok_and(|text| text.contains(".SH SYNOPSIS")), "{}", page.display());
    }
    let page = run(&mut grand_arena(&["man"]));
    let written = std::fs::read_to_string(folder.join("grand-arena.1")).unwrap();
    assert_eq!((page.code, page.out), (Some(0), written));
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&mut grand_arena(&["completions", shell])).out;
        assert!(script.contains("doctor") && script.contains("database-url"), "{shell}");
        assert!(!script.contains(crate::harness::SECRET), "{shell}: no value of a variable");
    }
    let script = folder.join("completions");
    std::fs::write(&script, run(&mut grand_arena(&["completions", "bash"])).out).unwrap();
    assert_eq!(run(Command::new("bash").arg("-n").arg(&script)).code, Some(0));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_the_debian_package_takes_is_there_and_its_user_is_the_services() {
    let manifest: toml::Table =
        std::fs::read_to_string(path("Cargo.toml")).unwrap().parse().unwrap();
    let deb = &manifest["package"]["metadata"]["deb"];
    let assets = deb["assets"].as_array().unwrap();
    let files = assets.iter().map(|asset| asset[0].as_str().unwrap());
    for file in files.filter(|file| !file.starts_with("target/")) {
        assert!(path(file).is_file(), "there is no {file}");
    }
    let units = deb["systemd-units"]["unit-scripts"].as_str().unwrap();
    assert!(path(units).join("grand-arena.service").is_file());
    let license = deb["license-file"][0].as_str().unwrap();
    assert!(path(license).is_file());
    // The user that the service runs as is the one that is made.
    let users = std::fs::read_to_string(path("ops/sysusers.d/grand-arena.conf")).unwrap();
    assert!(users.contains(&format!("\nu {} ", of_unit("User"))));
}
