//! Signing in, tokens, middlewares of `$apis`, and superusers.

use crate::site::{Plan, Site, send};
use jsvm_host::Superuser;
use serde_json::{Value, json};

const HOOKS: &str = r#"
    routerAdd("GET", "/who", (e) => e.json(200, { who: e.auth ? e.auth.email() : null, all: e.hasSuperuserAuth() }))
    routerAdd("GET", "/any", (e) => e.string(200, "any"), $apis.requireAuth())
    routerAdd("GET", "/staff", (e) => e.string(200, "staff"), $apis.requireAuth("staff"))
    routerAdd("GET", "/root", (e) => e.string(200, "root"), $apis.requireSuperuserAuth())
    routerAdd("GET", "/guest", (e) => e.string(200, "guest"), $apis.requireGuestOnly())
    routerAdd("GET", "/own/{id}", (e) => e.string(200, "own"), $apis.requireSuperuserOrOwnerAuth())
    routerAdd("GET", "/as", (e) => e.string(200, e.auth.email()), (e) => {
        e.auth = $app.findAuthRecordByEmail("members", e.request.url.query().get("as"))
        return e.next()
    })
    routerAdd("GET", "/impersonate", (e) => $apis.recordAuthResponse(
        e, $app.findAuthRecordByEmail("members", "ann@example.com"), "custom", { by: "hook" },
    ))
    routerAdd("GET", "/record", (e) => {
        const ann = $app.findAuthRecordByEmail("members", "ann@example.com")
        const found = $app.findAuthRecordByToken(ann.newAuthToken(), "auth")
        let file
        try { $app.findAuthRecordByToken(ann.newFileToken(), "auth") } catch (err) { file = err.message }
        return e.json(200, [
            found.id === ann.id, ann.validatePassword("secret-123"), ann.validatePassword("x"), ann.isSuperuser(), file,
            Object.keys(JSON.parse(JSON.stringify(ann.collection())).authToken),
        ])
    })
    routerAdd("POST", "/small", (e) => e.json(200, { length: toString(e.request.body).length }), $apis.bodyLimit(5))
    routerAdd("POST", "/large", (e) => e.json(200, { length: toString(e.request.body).length }), $apis.bodyLimit(0))
    cronAdd("one", "@daily", () => { console.log("ran", typeof __args) })
"#;

fn site() -> Site {
    let auth = |name: &str| {
        json!({ "name": name, "type": "auth", "fields": [], "createRule": "", "viewRule": "id = @request.auth.id",
            "updateRule": "id = @request.auth.id" })
    };
    Site::new(Plan {
        hooks: HOOKS,
        schema: json!([auth("members"), auth("staff")]),
        max_body: Some(100),
        ..Plan::default()
    })
}

fn get(site: &Site, target: &str, token: &str) -> (u16, String) {
    let answer = send(site.address, "GET", target, &[("authorization", token)], "");
    (answer.status, answer.body)
}

fn post(site: &Site, target: &str, body: &Value) -> (u16, Value) {
    let answer = site.send("POST", target, body);
    (answer.status, answer.json())
}

const LOGIN: &str = "/api/collections/members/auth-with-password";

/// Signs up, and returns id and token.
fn sign_up(site: &Site) -> (String, String) {
    let new = json!({ "email": "ann@example.com", "password": "secret-123", "passwordConfirm": "secret-123" });
    let (status, record) = post(site, "/api/collections/members/records", &new);
    assert_eq!(status, 200, "{record}");
    let (status, answer) = post(
        site,
        LOGIN,
        &json!({ "identity": "ann@example.com", "password": "secret-123" }),
    );
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["record"]["email"], "ann@example.com");
    assert_eq!(answer["record"].get("tokenKey"), None);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&record["id"]), text(&answer["token"]))
}

#[test]
fn a_token_says_who_somebody_is() {
    let site = site();
    let (id, token) = sign_up(&site);
    let ann = r#"{"all":false,"who":"ann@example.com"}"#;
    let nobody = r#"{"all":false,"who":null}"#;
    for (token, wanted) in [
        (token.clone(), ann),
        (format!("Bearer {token}"), ann),
        (format!("bearer {token}"), ann),
        (format!("Basic {token}"), nobody),
        (format!("{token}x"), nobody),
        ("nonsense".into(), nobody),
        (String::new(), nobody),
    ] {
        assert_eq!(
            get(&site, "/who", &token),
            (200, format!("{wanted}\n")),
            "{token}"
        );
    }
    let own = format!("/own/{id}");
    for (target, token, status) in [
        ("/any", "", 401),
        ("/any", &*token, 200),
        ("/staff", "", 401),
        ("/staff", &*token, 403),
        ("/root", &*token, 403),
        ("/guest", "", 200),
        ("/guest", &*token, 400),
        (&*own, "", 401),
        (&*own, &*token, 200),
        ("/own/other", &*token, 403),
        ("/as?as=ann@example.com", "", 200),
    ] {
        assert_eq!(get(&site, target, token).0, status, "{target}");
    }
    let record = format!("/api/collections/members/records/{id}");
    assert_eq!(get(&site, &record, "").0, 404);
    assert_eq!(get(&site, &record, &token).0, 200);
}

#[test]
fn signing_in_fails_without_saying_why() {
    let site = site();
    sign_up(&site);
    let failed = json!({ "data": {}, "message": "Failed to authenticate.", "status": 400 });
    for (identity, password) in [
        ("ann@example.com", "wrong"),
        ("nobody@example.com", "secret-123"),
    ] {
        let body = json!({ "identity": identity, "password": password });
        assert_eq!(post(&site, LOGIN, &body), (400, failed.clone()));
    }
    let (status, answer) = post(&site, LOGIN, &json!({ "identity": "" }));
    assert_eq!(status, 400);
    assert_eq!(
        answer["message"],
        "An error occurred while validating the submitted data."
    );
    assert_eq!(answer["data"]["password"]["code"], "validation_required");
    let missing = "/api/collections/none/auth-with-password";
    assert_eq!(post(&site, missing, &json!({})).0, 404);
}

#[test]
fn another_password_ends_every_token() {
    let site = site();
    let (id, token) = sign_up(&site);
    let refresh = "/api/collections/members/auth-refresh";
    let refreshed = |token: &str| {
        send(
            site.address,
            "POST",
            refresh,
            &[("authorization", token)],
            "",
        )
        .status
    };
    assert_eq!((refreshed(&token), refreshed("")), (200, 401));
    let other = "/api/collections/staff/auth-refresh";
    assert_eq!(
        send(
            site.address,
            "POST",
            other,
            &[("authorization", &token)],
            ""
        )
        .status,
        403
    );
    let target = format!("/api/collections/members/records/{id}");
    let change = |old: &str| {
        let body =
            json!({ "oldPassword": old, "password": "other-123", "passwordConfirm": "other-123" });
        let headers = [
            ("authorization", &*token),
            ("content-type", "application/json"),
        ];
        send(site.address, "PATCH", &target, &headers, &body.to_string())
    };
    let wrong = change("wrong");
    assert_eq!(
        wrong.json()["data"]["oldPassword"]["code"],
        "validation_invalid_old_password"
    );
    assert_eq!(change("secret-123").status, 200);
    assert_eq!(get(&site, "/any", &token).0, 401);
}

#[test]
fn hooks_answer_with_tokens() {
    let site = site();
    sign_up(&site);
    let (status, body) = get(&site, "/impersonate", "");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["meta"]["by"]), (200, &json!("hook")));
    let token = body["token"].as_str().unwrap();
    assert_eq!(get(&site, "/any", token).0, 200);
    let wanted =
        r#"[true,true,false,false,"invalid token type \"file\", expects \"auth\"",["duration"]]"#;
    assert_eq!(get(&site, "/record", "").1, format!("{wanted}\n"));
}

#[test]
fn a_route_has_its_own_limit_of_bodies() {
    let site = site();
    let long = Value::String("y".repeat(200));
    for (target, body, status) in [
        ("/small", Value::String("12345".into()), 200),
        ("/small", Value::String("123456".into()), 413),
        ("/large", long.clone(), 200),
        ("/api/collections/members/records", long, 413),
    ] {
        assert_eq!(site.send("POST", target, &body).status, status, "{target}");
    }
}

#[test]
fn superusers_list_and_run_jobs() {
    let site = site();
    let superuser = Superuser::parse("root@example.com:root-secret-1").unwrap();
    site.store.put_superuser(&superuser).unwrap();
    let login = "/api/collections/_superusers/auth-with-password?fields=token";
    let body = json!({ "identity": "root@example.com", "password": "root-secret-1" });
    let (_, answer) = post(&site, login, &body);
    let token = answer["token"].as_str().unwrap();
    let (_, member) = sign_up(&site);
    assert_eq!(get(&site, "/api/crons", "").0, 401);
    assert_eq!(get(&site, "/api/crons", &member).0, 403);
    let jobs = r#"[{"expression":"0 0 * * *","id":"one"}]"#;
    assert_eq!(get(&site, "/api/crons", token), (200, format!("{jobs}\n")));
    let run = |id: &str| {
        let target = format!("/api/crons/{id}");
        send(
            site.address,
            "POST",
            &target,
            &[("authorization", token)],
            "",
        )
        .status
    };
    assert_eq!((run("none"), run("one")), (404, 204));
    assert_eq!(site.line(), "ran undefined");
    assert_eq!(get(&site, "/root", token), (200, "root".into()));
}

#[test]
fn nobody_is_shown_the_key_of_tokens() {
    let site = site();
    let (id, own) = sign_up(&site);
    let superuser = Superuser::parse("root@example.com:root-secret-1").unwrap();
    site.store.put_superuser(&superuser).unwrap();
    let login = json!({ "identity": "root@example.com", "password": "root-secret-1" });
    let (_, answer) = post(
        &site,
        "/api/collections/_superusers/auth-with-password",
        &login,
    );
    assert_eq!(answer["record"].get("tokenKey"), None);
    let root = answer["token"].as_str().unwrap();
    for token in [&*own, root] {
        for target in ["", "?filter=(id!='')"] {
            let path = match target {
                "" => format!("/api/collections/members/records/{id}"),
                query => format!("/api/collections/members/records{query}"),
            };
            let (status, body) = get(&site, &path, token);
            // The list is for superusers alone.
            let is_shown = target.is_empty() || token == root;
            assert_eq!(status == 200, is_shown, "{body}");
            assert!(!body.contains("tokenKey"), "{body}");
            assert_eq!(body.contains("ann@example.com"), is_shown, "{body}");
        }
    }
}
