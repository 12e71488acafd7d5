use super::*;

fn value(json: &str) -> Value {
    document::parse(json).unwrap().root
}

/// The problems of settings: for each its code and the setting.
fn problems(config: &str) -> Vec<String> {
    let Err(error) = parse(config) else {
        return Vec::new();
    };
    let own = format!("{SETTINGS_PATH}.");
    let problems = error.problems.iter();
    problems
        .map(|problem| format!("{} {}", problem.code, problem.path.replace(&own, "")))
        .collect()
}

#[test]
fn a_key_that_a_terminal_would_obey_is_spelled_out() {
    let error = parse("{\"ho\\u001b[2Jst\\u007f\": 1}").unwrap_err();
    let message = error.to_string();
    assert!(message.contains("ho\\u001b[2Jst\\u007f"), "{message}");
    assert!(!message.contains(char::is_control), "{message:?}");
}

#[test]
fn nothing_set_gives_the_defaults() {
    let settings = parse("{}").unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.base_url(), "http://127.0.0.1:3456");
    assert_eq!(settings.command, ["bunx", "opencode-claude-max-proxy"]);
    assert_eq!(settings.restart_delay_ms, 3000);
    assert_eq!(settings.models, DEFAULT_MODELS);
}

#[test]
fn settings_that_were_written_out_read_the_same() {
    for json in [
        "{}",
        r#"{"proxy":"claude-max-api-proxy","keyFile":"/k","port":1,"guard":"strict"}"#,
        r#"{"proxy":"litellm","api":"openai-completions","accessKey":"off","autoStart":false}"#,
        r#"{"host":"10.0.0.2","remoteHosts":["10.0.0.2"],"command":["a","b c"],"models":["x","y"]}"#,
        r#"{"allowedFallbacks":["a/b"],"passEnvironment":["X"],"stopGraceMs":0,"restartDelayMs":1}"#,
    ] {
        let settings = parse(json).unwrap();
        assert_eq!(parse(&settings.to_json()).unwrap(), settings, "{json}");
        assert_eq!(settings.with_changes("{}").unwrap(), settings, "{json}");
    }
}

#[test]
fn a_change_is_read_as_strictly_and_touches_nothing_else() {
    let before = parse(r#"{"proxy":"litellm","api":"openai-completions","keyFile":"/k"}"#).unwrap();
    let after = before.with_changes(r#"{"port":4000}"#).unwrap();
    assert_eq!(after.port, 4000);
    assert_eq!(
        Settings {
            port: 3456,
            ..after
        },
        before
    );
    let keyless = before.with_changes(r#"{"accessKey":"off","keyFile":null}"#);
    assert_eq!(keyless.unwrap().key_file, None);
    for (json, code) in [
        (r#"{"accessKey":"off"}"#, "key-file-without-key"),
        (r#"{"host":"10.0.0.2"}"#, "host-not-local"),
        (r#"{"prot":1}"#, "unknown-key"),
        ("[", "not-json"),
    ] {
        let error = before.with_changes(json).unwrap_err();
        assert_eq!(error.problems[0].code, code, "{json}");
    }
    // A kind that is named brings its dialect; another dialect must be one that the kind speaks.
    let named = before.with_changes(r#"{"proxy":"claude-max-api-proxy","keyFile":null}"#);
    let named = named.unwrap();
    let error = named
        .with_changes(r#"{"api":"anthropic-messages"}"#)
        .unwrap_err();
    assert_eq!(error.problems[0].code, "api-not-spoken");
}

#[test]
fn the_api_is_read_from_either_place_and_decides_the_address() {
    let openai = value(r#"{"baseUrl": "http://127.0.0.1:3457/v1", "api": "openai-completions"}"#);
    let settings = from_parts(None, Some(&openai)).unwrap();
    assert_eq!(settings.api, Api::OpenaiCompletions);
    assert_eq!(settings.base_url(), "http://127.0.0.1:3457");
    assert_eq!(settings.endpoint(), "http://127.0.0.1:3457/v1");
    // The plugin's own setting wins, so that there is a way back.
    let own = value(r#"{"api": "anthropic-messages"}"#);
    let settings = from_parts(Some(&own), Some(&openai)).unwrap();
    assert_eq!(settings.endpoint(), "http://127.0.0.1:3457");
    let wrong = problems(r#"{"api": "openai-responses"}"#);
    assert_eq!(wrong, ["wrong-value api"]);
    for address in ["http://127.0.0.1:3457/v2", "http://127.0.0.1:3457/v1/x"] {
        let entry = value(&format!("{{baseUrl: '{address}'}}"));
        assert!(from_parts(None, Some(&entry)).is_err(), "{address}");
    }
}

#[test]
fn bad_settings_are_named_and_never_replaced() {
    // The code, the setting, and what is written.
    const CASES: &str = r#"
        port-out-of-range port {"port":"3456"}
        port-out-of-range port {"port":0}
        port-out-of-range port {"port":65536}
        port-out-of-range port {"port":1.5}
        wrong-type autoStart {"autoStart":"yes"}
        out-of-range restartDelayMs {"restartDelayMs":-1}
        command-empty command {"command":[]}
        command-empty command {"command":[""]}
        command-not-a-list command {"command":"bunx x"}
        wrong-type command[1] {"command":["a",1]}
        models-empty models {"models":[]}
        model-invalid models[0] {"models":["a b"]}
        model-twice models[1] {"models":["x","X"]}
        model-with-provider models[0] {"models":["anthropic-claude-proxy/x"]}
        host-empty host {"host":""}
        host-unspecified host {"host":"0.0.0.0"}
        host-unspecified host {"host":"::"}
        host-invalid host {"host":"http://x"}
        host-invalid host {"host":"127.1"}
        host-invalid host {"host":"2130706433"}
        host-invalid host {"host":"a..b"}
        host-not-local host {"host":"example.com"}
        wrong-type host {"host":7}
        unknown-key prot {"prot":3456}
        wrong-value accessKey {"accessKey":true}
        wrong-value proxy {"proxy":"meridan"}
        wrong-value proxy {"proxy":""}
        wrong-value proxy {"proxy":null}
        api-not-spoken api {"proxy":"claude-max-api-proxy","api":"anthropic-messages"}
        wrong-value keyFile {"keyFile":"key"}
        wrong-value keyFile {"keyFile":"~/key"}
        wrong-value keyFile {"keyFile":""}
        wrong-value keyFile {"keyFile":7}
        key-file-without-key keyFile {"keyFile":"/k","accessKey":"off"}
        wrong-value guard {"guard":"maybe"}
        strict-with-fallbacks guard {"guard":"strict","allowedFallbacks":["openai/gpt-6"]}
        wrong-type SETTINGS_PATH []
        not-json SETTINGS_PATH {"#;
    let cases = CASES.replace("SETTINGS_PATH", SETTINGS_PATH);
    for case in cases.lines().map(str::trim).filter(|case| !case.is_empty()) {
        let [code, path, config] = case.splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("{case}");
        };
        assert_eq!(problems(config), [format!("{code} {path}")], "{case}");
    }
    let several = problems(r#"{"port":0,"x":1,"host":""}"#);
    assert_eq!(several.len(), 3, "all at once");
}

#[test]
fn a_named_kind_brings_its_dialect() {
    let entry = value(r#"{"api": "anthropic-messages"}"#);
    let own = value(r#"{"proxy": "claude-max-api-proxy", "keyFile": "/k"}"#);
    let settings = from_parts(Some(&own), Some(&entry)).unwrap();
    assert_eq!(settings.api, Api::OpenaiCompletions);
    assert_eq!(settings.key_file.as_deref(), Some("/k"));
    let settings = parse(r#"{"proxy":"litellm","api":"openai-completions"}"#).unwrap();
    assert_eq!(settings.api, Api::OpenaiCompletions);
    let error = parse(r#"{"proxy":"x"}"#).unwrap_err().to_string();
    for row in proxy_kind::KINDS {
        assert!(error.contains(row.name), "{error}");
    }
}

#[test]
fn the_settings_win_over_the_provider_entry_and_that_over_the_defaults() {
    let entry = value(
        "{baseUrl: 'http://127.0.0.1:9999/', models: [{id: 'claude-haiku-4'}], headers: {x: 'y'}}",
    );
    let from_entry = from_parts(None, Some(&entry)).unwrap();
    assert_eq!(from_entry.port, 9999);
    assert_eq!(from_entry.models, ["claude-haiku-4"]);
    let at = |url: &str| value(&format!("{{baseUrl: '{url}'}}"));
    for url in [
        "http://2130706433:9999",
        "http://0x7f.1:9999/",
        "HTTP://127.1:9999",
    ] {
        let settings = from_parts(None, Some(&at(url))).unwrap();
        assert_eq!(settings.base_url(), "http://127.0.0.1:9999", "{url}");
    }
    let config = value("{port: 4000}");
    let both = from_parts(Some(&config), Some(&entry)).unwrap();
    assert_eq!((both.port, both.models.len()), (4000, 1));
    for url in [
        "https://127.0.0.1:1",
        "http://u:p@127.0.0.1:1",
        "http://127.0.0.1:99999",
        "http://0x7f.1:1/v1",
        "http://0x8f.1:1",
        "${X}",
    ] {
        let error = from_parts(None, Some(&at(url))).unwrap_err();
        let problem = &error.problems[0];
        assert_eq!(problem.code, "base-url-invalid", "{url}");
        assert!(!problem.found.contains("u:p"), "no credentials in messages");
    }
}

#[test]
fn what_the_settings_mean() {
    let of = |proxy: &str, api: Api, command: &[&str]| {
        let settings = Settings {
            proxy: proxy.to_owned(),
            api,
            command: command.iter().map(|&word| word.to_owned()).collect(),
            ..Settings::default()
        };
        settings.kind().name
    };
    let (anthropic, openai) = (Api::AnthropicMessages, Api::OpenaiCompletions);
    assert_eq!(of("auto", anthropic, &["/opt/x"]), "meridian");
    assert_eq!(of("auto", openai, &["/opt/x"]), "claude-max-api-proxy");
    assert_eq!(of("auto", openai, &["litellm"]), "litellm");
    assert_eq!(of("auto", openai, &["ccr"]), "claude-max-api-proxy");
    assert_eq!(of("litellm", anthropic, &["bunx", "meridian"]), "litellm");
}
