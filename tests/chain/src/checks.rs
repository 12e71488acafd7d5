//! The turns of a conversation, and what must have reached the API in each.

use std::time::Duration;

use anyhow::{Result, ensure};
use claude_proxy_fake_proxy::api::{Exchange, Received, SUBAGENT_TASK, TOOL_OUTPUT};
use harness::gateway::{Gateway, Reply};
use serde_json::json;

/// One pixel.
const PICTURE: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// The header that names a conversation.
pub(crate) const SESSION: &str = "x-openclaw-session-key";
/// The header that names a model.
const MODEL: &str = "x-openclaw-model";

/// The model that is switched to.
pub(crate) const OTHER: &str = "anthropic-claude-proxy/claude-sonnet-4.6";

/// What happens before a turn.
#[derive(Clone, Copy)]
pub(crate) enum Before {
    /// Nothing.
    Nothing,
    /// The proxy is restarted.
    ProxyRestart,
    /// The Gateway is, and the proxy with it.
    GatewayRestart,
    /// The conversation is compacted, as a user asks for it.
    Compaction,
}

/// One turn: the user's words, and the conversation.
pub(crate) struct Turn {
    /// Shown.
    pub(crate) name: &'static str,
    /// What happens before it.
    pub(crate) before: Before,
    /// The conversation.
    pub(crate) session: &'static str,
    /// The user's words.
    words: &'static str,
    /// The model, if it is not the default one.
    model: Option<&'static str>,
    picture: bool,
    /// A conversation with a turn at the same moment.
    pub(crate) beside: Option<&'static str>,
    /// What reaches the API by itself, later.
    pub(crate) later: Option<fn(&Exchange) -> bool>,
}

const fn turn(name: &'static str, session: &'static str, words: &'static str) -> Turn {
    Turn {
        name,
        before: Before::Nothing,
        session,
        words,
        model: None,
        picture: false,
        beside: None,
        later: None,
    }
}

/// The user's words in the conversation beside.
pub(crate) const BESIDE: &str = "beside-iota";

/// The turns, in this order.
pub(crate) const TURNS: [Turn; 16] = [
    turn("first", "agent:main:one", "alpha-one"),
    turn("second", "agent:main:one", "beta-two"),
    turn("tool", "agent:main:one", "gamma-three FAKE:tool=exec"),
    Turn {
        model: Some(OTHER),
        ..turn("switched", "agent:main:one", "delta-four")
    },
    Turn {
        picture: true,
        ..turn("picture", "agent:main:two", "epsilon-five")
    },
    Turn {
        before: Before::ProxyRestart,
        ..turn("proxy restarted", "agent:main:one", "zeta-six")
    },
    Turn {
        before: Before::GatewayRestart,
        ..turn("Gateway restarted", "agent:main:one", "eta-seven")
    },
    Turn {
        beside: Some("agent:main:beside"),
        ..turn("two at once", "agent:main:one", "theta-eight")
    },
    Turn {
        before: Before::Compaction,
        ..turn("compacted", "agent:main:one", "iota-nine")
    },
    Turn {
        later: Some(is_of_the_subagent),
        ..turn(
            "subagent",
            "agent:main:three",
            "kappa-ten FAKE:tool=sessions_spawn",
        )
    },
    turn("login ended", "agent:main:four", "FAKE:401"),
    turn("after the login", "agent:main:seven", "lambda-eleven"),
    turn("overloaded", "agent:main:five", "FAKE:529"),
    turn("after the load", "agent:main:eight", "mu-twelve"),
    turn("limit", "agent:main:six", "FAKE:429"),
    // The limit is one model's.
    Turn {
        model: Some(OTHER),
        ..turn("after the limit", "agent:main:nine", "nu-thirteen")
    },
];

impl Turn {
    /// Has it.
    pub(crate) fn take(&self, gateway: &Gateway<'_>) -> Result<Reply> {
        let mut headers = vec![(SESSION, self.session)];
        headers.extend(self.model.map(|model| (MODEL, model)));
        if self.picture {
            let text = json!({ "type": "text", "text": self.words });
            let picture = json!({ "type": "image_url", "image_url": { "url": PICTURE } });
            return gateway.turn_with("openclaw", vec![text, picture], &headers);
        }
        gateway.turn_with("openclaw", self.words, &headers)
    }

    /// Has the turn beside it.
    pub(crate) fn take_beside(session: &str, gateway: &Gateway<'_>) -> Result<Reply> {
        gateway.turn_with("openclaw", BESIDE, &[(SESSION, session)])
    }
}

/// Whether a request is of the subagent's conversation; its parent hears of the task too.
fn is_of_the_subagent(one: &Exchange) -> bool {
    let heard = |text| one.seen.count("user", text) > 0;
    !one.seen.title && heard(SUBAGENT_TASK) && !heard("kappa-ten")
}

/// What happened in a turn.
pub(crate) struct Taken {
    pub(crate) name: &'static str,
    pub(crate) reply: Reply,
    /// What reached the API meanwhile, titles included.
    pub(crate) exchanges: Vec<Exchange>,
}

impl Taken {
    /// The chats, without titles.
    pub(crate) fn chats(&self) -> impl DoubleEndedIterator<Item = &Exchange> {
        self.exchanges.iter().filter(|one| !one.seen.title)
    }

    pub(crate) fn last(&self) -> Result<&Received> {
        self.last_with("")
    }

    /// The last chat in which these words came from the user's side.
    fn last_with(&self, words: &str) -> Result<&Received> {
        let mut chats = self.chats().rev().map(|one| &one.seen);
        let found = chats.find(|seen| seen.of("user").any(|text| text.contains(words)));
        found.ok_or_else(|| anyhow::anyhow!("nothing with {words:?} reached the API"))
    }

    pub(crate) fn answered(&self) -> Result<()> {
        ensure!(
            self.reply.status == 200 && self.reply.text.contains("Fake reply to:"),
            "the user reads: {}",
            self.reply.text
        );
        Ok(())
    }

    /// It was answered, and these words reached the API.
    fn says(&self, words: &[&str]) -> Result<()> {
        self.answered()?;
        arrived(self.last()?, words)
    }

    /// It went out to this model.
    fn asks(&self, wanted: &str) -> Result<()> {
        let model = &self.last()?.model;
        ensure!(model == wanted, "it went out as `{model}`, not `{wanted}`");
        Ok(())
    }
}

/// A promise about a conversation.
pub(crate) struct Check {
    /// Named in the lists of gaps.
    pub(crate) name: &'static str,
    /// The turn that it judges.
    turn: &'static str,
    holds: fn(&Taken) -> Result<()>,
}

const fn check(name: &'static str, turn: &'static str, holds: fn(&Taken) -> Result<()>) -> Check {
    Check { name, turn, holds }
}

impl Check {
    /// Whether it holds.
    pub(crate) fn judge(&self, taken: &[Taken]) -> Result<()> {
        let turn = taken.iter().find(|one| one.name == self.turn);
        (self.holds)(turn.ok_or_else(|| anyhow::anyhow!("there was no such turn"))?)
    }
}

/// Every promise.
pub(crate) const CHECKS: [Check; 18] = [
    check("first turn", "first", |turn| turn.says(&["alpha-one"])),
    check("default id", "first", |turn| turn.asks("claude-opus-4-6")),
    check("own tools", "first", |turn| {
        let tools = &turn.last()?.tools;
        let own = ["Bash", "Edit", "Write"].map(str::to_owned);
        let found = own.iter().find(|tool| tools.contains(tool));
        ensure!(
            found.is_none(),
            "the CLI's own tools are offered to the model: {found:?}"
        );
        Ok(())
    }),
    check("second turn", "second", |turn| {
        turn.says(&["alpha-one", "beta-two"])
    }),
    check("tool", "tool", |turn| {
        turn.says(&["alpha-one", "beta-two", "gamma-three", TOOL_OUTPUT])
    }),
    check("model switch", "switched", |turn| {
        turn.asks("claude-sonnet-4-6")?;
        turn.says(&["alpha-one", "beta-two", TOOL_OUTPUT, "delta-four"])
    }),
    check("image", "picture", |turn| {
        turn.says(&["epsilon-five"])?;
        let images = turn.last()?.images();
        ensure!(images == 1, "{images} pictures reached the API");
        Ok(())
    }),
    check("proxy restarted", "proxy restarted", |turn| {
        turn.says(&["alpha-one", "beta-two", "zeta-six"])
    }),
    check("Gateway restarted", "Gateway restarted", |turn| {
        turn.says(&["alpha-one", "beta-two", "zeta-six", "eta-seven"])
    }),
    check("two at once", "two at once", |turn| {
        turn.answered()?;
        let own = turn.last_with("theta-eight")?;
        arrived(own, &["alpha-one", "eta-seven", "theta-eight"])?;
        let other = turn.last_with(BESIDE)?;
        arrived(other, &[BESIDE])?;
        let mixed = own.count("user", BESIDE) + other.count("user", "theta-eight");
        ensure!(mixed == 0, "two conversations were mixed");
        Ok(())
    }),
    check("compacted", "compacted", |turn| {
        turn.answered()?;
        arrived(turn.last_with("iota-nine")?, &["iota-nine"])
    }),
    check("subagent", "subagent", |turn| {
        turn.answered()?;
        ensure!(
            turn.chats().any(is_of_the_subagent),
            "no conversation of the subagent's own reached the API"
        );
        Ok(())
    }),
    check("login ended", "login ended", |turn| {
        reads(turn, &["claude auth login"])
    }),
    check("no cool-down after the login", "after the login", |turn| {
        turn.says(&["lambda-eleven"])
    }),
    check("overloaded", "overloaded", |turn| {
        reads(turn, &["no room", "again in a few minutes"])
    }),
    check("no cool-down after the load", "after the load", |turn| {
        turn.says(&["mu-twelve"])
    }),
    check("limit", "limit", |turn| reads(turn, &["limit", "resets"])),
    check("no cool-down of another model", "after the limit", |turn| {
        turn.says(&["nu-thirteen"])
    }),
];

/// Longest time that a refusal may take to reach the user.
const SOON: Duration = Duration::from_secs(60);

/// The user's side of the conversation holds these, each once and in this order.
pub(crate) fn arrived(seen: &Received, texts: &[&str]) -> Result<()> {
    // A proxy may hand answers back as text of the user's side, and they repeat what was said.
    let lines = seen.of("user").flat_map(str::lines);
    let said = lines.map(|line| line.split("Fake reply to:").next().unwrap_or_default());
    let all = said.collect::<Vec<_>>().join("\n");
    let mut from = 0;
    for text in texts {
        let count = all.matches(text).count();
        ensure!(count == 1, "{text:?} reached the API {count} times");
        let at = all.find(text).unwrap_or_default();
        ensure!(
            at >= from,
            "{text:?} reached the API before what was said earlier"
        );
        from = at;
    }
    Ok(())
}

/// The user reads these words, soon.
fn reads(turn: &Taken, words: &[&str]) -> Result<()> {
    let text = &turn.reply.text;
    for word in words {
        ensure!(
            text.contains(word),
            "the user does not read {word:?}: {text}"
        );
    }
    ensure!(
        turn.reply.took < SOON,
        "the user waits {:.0} s",
        turn.reply.took.as_secs_f64()
    );
    Ok(())
}
