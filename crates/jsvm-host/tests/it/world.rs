//! `$os`, `$filepath` and `e.fileFS` in handlers, and who is kept from what.

use crate::site::{Plan, Site};
use std::{os::unix::fs::symlink, time::Duration};

/// What the route `/told` of these hooks answers.
fn told(site: &Site) -> String {
    let answer = site.get("/told");
    assert_eq!(answer.status, 200, "{answer:?} {:?}", site.complaints());
    answer.body.trim().to_owned()
}

const DATA: &str =
    "[sandbox]\nread = [\"data\"]\nwrite = [\"data\"]\nrun = [\"sh\"]\nenv = [\"SHOP\"]";

fn site(hooks: &'static str) -> Site {
    Site::new(Plan {
        hooks,
        config: DATA.into(),
        files: &[
            ("data/a.txt", "one"),
            ("data/sub/b.txt", "two"),
            ("secret.txt", "outside"),
        ],
        ..Plan::default()
    })
}

#[test]
fn os_reads_writes_and_lists_files() {
    let site = site(
        r#"routerAdd("GET", "/told", (e) => {
            const file = $filesystem.fileFromPath("data/a.txt")
            if (file.originalName !== "a.txt" || file.size !== $os.readFile("data/a.txt").length) throw new Error(file.name)
            const out = [toString($os.readFile("data/a.txt")), $os.getwd() === $filepath.dir($filepath.join($os.getwd(), "x"))]
            $os.writeFile("data/new.txt", "text", 0o600)
            const info = $os.stat("data/new.txt")
            out.push([info.name(), info.size(), info.mode(), info.isDir(), info.modTime().isZero()])
            $os.writeFile("data/new.txt", toBytes("b"), 0o644)
            $os.truncate("data/new.txt", 0)
            $os.mkdir("data/one", 0o755)
            $os.mkdirAll("data/one/two/three", 0o755)
            $os.rename("data/new.txt", "data/one/moved.txt")
            out.push($os.readDir("data").map((entry) => entry.name() + (entry.isDir() ? "/" : "")))
            out.push($filepath.glob("data/*.txt"), $filepath.glob("data/*/b.tx?"), $filepath.glob("data/none*"))
            const walked = []
            $filepath.walk("data", (path, info, err) => { walked.push(path + (info.isDir() ? "/" : "")) })
            out.push(walked, $os.readFile("data/one/moved.txt").length)
            $os.remove("data/one/moved.txt")
            $os.removeAll("data/one")
            $os.removeAll("data/one")
            out.push($os.readDir("data").length, $os.args.length, typeof $os.tempDir())
            return e.json(200, out)
        })
        routerAdd("GET", "/none", (e) => { $os.readFile("data/none.txt") })
        routerAdd("GET", "/why", (e) => { try { $os.readFile("data/none.txt") } catch (err) { return e.string(200, err.name + err.message.slice(-36)) } })"#,
    );
    assert_eq!(
        told(&site),
        r#"["one",true,["new.txt",4,384,false,false],["a.txt","one/","sub/"],["data/a.txt"],["data/sub/b.txt"],null,["data/","data/a.txt","data/one/","data/one/moved.txt","data/one/two/","data/one/two/three/","data/sub/","data/sub/b.txt"],0,2,1,"string"]"#
    );
    assert_eq!(site.get("/none").status, 404);
    assert_eq!(
        site.get("/why").body,
        "GoError/none.txt: no such file or directory"
    );
}

#[test]
fn os_refuses_files_outside_of_its_directories() {
    let site = site(
        r#"routerAdd("GET", "/told", (e) => {
            const out = []
            const attempt = (run) => { try { run(); out.push("ran") } catch (err) { out.push(err.message.replace(/^.*?( may not be |: )/, "$1")) } }
            for (const path of ["secret.txt", "data/../secret.txt", "/etc/passwd", "data/link", "data/dir/secret.txt", "data/dir/../secret.txt", "", "data\0/a.txt"]) {
                attempt(() => $os.readFile(path))
            }
            for (const path of ["x.txt", "data/link", "data/dir/new.txt", "data/nowhere", "../x.txt", "data2/x.txt"]) {
                attempt(() => $os.writeFile(path, "x", 0o644))
            }
            attempt(() => $os.rename("data/a.txt", "stolen.txt"))
            attempt(() => $os.rename("secret.txt", "data/got.txt"))
            attempt(() => $os.removeAll("data/dir/secret.txt"))
            attempt(() => $filepath.glob("../*"))
            attempt(() => $filepath.walk("/", () => {}))
            attempt(() => $os.dirFS("/etc"))
            attempt(() => $apis.static("data/dir", false))
            attempt(() => $os.exit(1))
            attempt(() => $os.removeAll("data/dir"))
            return e.json(200, out)
        })"#,
    );
    let root = site.dir.path();
    symlink(root.join("secret.txt"), root.join("data/link")).unwrap();
    symlink(root, root.join("data/dir")).unwrap();
    symlink(root.join("made.txt"), root.join("data/nowhere")).unwrap();
    let read = " may not be read (add its directory to sandbox.read)";
    let write = " may not be written (add its directory to sandbox.write)";
    let list: Vec<String> = serde_json::from_str(&told(&site)).unwrap();
    let mut wanted = vec![read; 8];
    wanted.extend([
        write,
        write,
        write,
        ": no such file or directory",
        write,
        write,
    ]);
    wanted.extend([write, write, write, read, read, read, read]);
    wanted.extend([
        "a hook may not end the server; throw an error instead",
        "ran",
    ]);
    assert_eq!(list, wanted);
    // A link is removed, and nothing behind it.
    let left = |name: &str| std::fs::read_to_string(root.join(name)).ok();
    assert_eq!(left("secret.txt").as_deref(), Some("outside"));
    assert_eq!(left("data/a.txt").as_deref(), Some("one"));
    assert_eq!((left("stolen.txt"), left("made.txt")), (None, None));
    assert!(!root.join("data/dir").is_symlink());
}

#[test]
fn os_reads_only_regular_files_of_bounded_size() {
    let site = Site::new(Plan {
        hooks: r#"routerAdd("GET", "/told", (e) => {
            const out = []
            for (const path of ["/dev/zero", "data", "data/large"]) {
                try { out.push($os.readFile(path).length) } catch (err) { out.push(err.message.replace(/^.*data/, "data")) }
            }
            return e.json(200, out)
        })"#,
        config: "[sandbox]\nread = [\"data\", \"/dev\"]\n[limits]\nbuffer-size = \"64KB\"".into(),
        files: &[("data/a.txt", "one")],
        ..Plan::default()
    });
    let large = std::fs::File::create(site.dir.path().join("data/large")).unwrap();
    large.set_len(1 << 40).unwrap();
    assert_eq!(
        told(&site),
        r#"["open /dev/zero: it is no regular file","data: is a directory","data/large: it is longer than 64000 bytes (raise limits.buffer-size)"]"#
    );
}

#[test]
fn os_getenv_tells_what_is_allowed() {
    let hooks = r#"routerAdd("GET", "/told", (e) => {
        try { return e.json(200, [$os.getenv("SHOP"), $os.getenv("SECRET"), $os.getenv("NONE")]) } catch (err) { return e.json(200, err.message) }
    })"#;
    assert_eq!(told(&site(hooks)), r#"["corner","",""]"#);
    let without = Site::new(Plan {
        hooks,
        config: "[sandbox]\nread = [\"data\"]".into(),
        ..Plan::default()
    });
    assert_eq!(
        told(&without),
        r#""SHOP may not be read (add it to sandbox.env)""#
    );
}

#[test]
fn os_cmd_runs_allowed_programs() {
    let site = site(
        r#"routerAdd("GET", "/told", (e) => {
            const cmd = $os.cmd("sh", "-c", "cat; echo $SHOP$SECRET$OWN; pwd | tail -c 6; echo bad >&2")
            cmd.stdin = "in-"
            cmd.dir = "data"
            const out = [toString(cmd.output()), cmd.string().slice(0, 6), cmd.path, cmd.args.length]
            const own = $os.exec("sh", "-c", "echo $OWN$SHOP; echo err >&2")
            own.env = ["OWN=mine"]
            out.push(toString(own.combinedOutput()))
            try { $os.cmd("sh", "-c", "echo oops >&2; exit 3").run() } catch (err) {
                out.push([err.name, err.message, err.value.exitCode(), toString(err.value.stderr)])
            }
            for (const name of ["ls", "/bin/sh"]) {
                try { $os.cmd(name).run() } catch (err) { out.push(err.message) }
            }
            return e.json(200, out)
        })"#,
    );
    assert_eq!(
        told(&site),
        r#"["in-corner\n/data\n","sh -c ","sh",3,"mine\nerr\n",["GoError","exit status 3",3,"oops\n"],"ls may not be run (add it to sandbox.run)","/bin/sh may not be run (add it to sandbox.run)"]"#
    );
}

#[test]
fn os_cmd_ends_with_its_script() {
    for script in [
        "sleep 600",
        "sleep 600 & sleep 600 & wait",
        "exec 1>&- 2>&-; sleep 600",
        "trap '' TERM; sleep 600",
        "yes",
    ] {
        let hooks = format!(
            "routerAdd('GET', '/told', (e) => {{ $os.cmd('sh', '-c', {script:?}).output(); return e.noContent(204) }})"
        );
        let site = Site::new(Plan {
            hooks: hooks.leak(),
            config: DATA.into(),
            timeout: Some(Duration::from_millis(300)),
            ..Plan::default()
        });
        let answer = site.get("/told");
        assert!(
            answer.status == 503 || answer.status == 400,
            "{script}: {answer:?}"
        );
    }
}

#[test]
fn strict_hooks_reach_nothing() {
    let site = Site::hooks(
        r#"routerAdd("GET", "/told", (e) => {
            const out = []
            for (const run of [() => $os.readFile("/etc/passwd"), () => $filepath.glob("/*")]) {
                try { run(); out.push("ran") } catch (err) { out.push(err.message) }
            }
            return e.json(200, out.concat(typeof $os, $filepath.base("/a/b")))
        })"#,
    );
    assert_eq!(
        told(&site),
        r#"["$os is not defined","/ may not be read (add its directory to sandbox.read)","undefined","b"]"#
    );
}

#[test]
fn file_fs_and_static_serve_directories() {
    let site = Site::new(Plan {
        hooks: r#"
            routerAdd("GET", "/file/{name...}", (e) => e.fileFS($os.dirFS("data"), e.request.pathValue("name")))
            routerAdd("GET", "/static/{path...}", $apis.static($os.dirFS("data"), false))
            routerAdd("GET", "/path/{path...}", $apis.static("data", true))
        "#,
        config: DATA.into(),
        files: &[
            ("data/a.txt", "one"),
            ("data/sub/index.html", "<p>sub"),
            ("data/index.html", "<p>root"),
            ("secret.txt", "outside"),
        ],
        ..Plan::default()
    });
    for (target, wanted) in [
        ("/file/a.txt", (200, "one")),
        ("/file/sub", (200, "<p>sub")),
        ("/file/", (200, "<p>root")),
        ("/file/none", (404, "")),
        ("/file/..%2Fsecret.txt", (404, "")),
        ("/static/a.txt", (200, "one")),
        ("/static/none", (404, "")),
        ("/path/none", (200, "<p>root")),
    ] {
        let answer = site.get(target);
        assert_eq!(answer.status, wanted.0, "{target}: {answer:?}");
        if wanted.0 == 200 {
            assert_eq!(answer.body, wanted.1, "{target}");
        }
    }
}
