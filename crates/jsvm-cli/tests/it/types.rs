//! `types`: the file for editors, and the line that refers to it.

use crate::program::jsvm_with;
use serde_json::json;
use std::fs;

#[test]
fn types_are_written_with_the_collections_of_the_schema() {
    let dir = tempfile::tempdir().unwrap();
    let hooks = dir.path().join("pb_hooks");
    fs::create_dir(&hooks).unwrap();
    fs::write(hooks.join("empty.pb.js"), "").unwrap();
    fs::write(hooks.join("full.pb.js"), "// mine\n").unwrap();
    let schema = json!([{ "id": "1", "name": "posts", "type": "base", "fields": [
        { "name": "id", "type": "text" }, { "name": "views", "type": "number" },
    ]}]);
    fs::write(dir.path().join("pb_schema.json"), schema.to_string()).unwrap();

    let output = jsvm_with(&["types", dir.path().to_str().unwrap()], "");
    assert!(output.status.success(), "{output:?}");
    let types = fs::read_to_string(dir.path().join("pb_data/types.d.ts")).unwrap();
    assert!(types.contains("declare function onRecordCreate<T extends string = string>"));
    assert!(
        types.contains("interface PostsFields {\n    \"id\": string;\n    \"views\": number;\n}")
    );
    let line = "/// <reference path=\"../pb_data/types.d.ts\" />\n";
    assert_eq!(fs::read_to_string(hooks.join("empty.pb.js")).unwrap(), line);
    assert_eq!(
        fs::read_to_string(hooks.join("full.pb.js")).unwrap(),
        "// mine\n"
    );
    // No database was made on the way.
    assert!(!dir.path().join("pb_data/data.db").exists());

    let printed = jsvm_with(&["types", dir.path().to_str().unwrap(), "--stdout"], "");
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), types);
    let other = dir.path().join("other.d.ts");
    let flags = [
        "types",
        dir.path().to_str().unwrap(),
        "-o",
        other.to_str().unwrap(),
    ];
    assert!(jsvm_with(&flags, "").status.success());
    assert_eq!(fs::read_to_string(other).unwrap(), types);
}
