//! The turns of a conversation, and what must have reached the API in each.

use std::time::Duration;

use anyhow::{Result, ensure};
use claude_proxy_fake_proxy::api::{Exchange, Seen, TOOL_OUTPUT};
use harness::gateway::{Gateway, Reply};

/// One pixel.
const PICTURE: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// The header that names a conversation.
const SESSION: &str = "x-openclaw-session-key";
/// The header that names a model.
const MODEL: &str = "x-openclaw-model";

/// The model that is switched to.
pub(crate) const OTHER: &str = "anthropic-claude-proxy/claude-sonnet-4.6";

/// One turn: what is said, and where.
pub(crate) struct Turn {
    /// Shown.
    pub(crate) name: &'static str,
    /// The conversation.
    session: &'static str,
    /// The user's words.
    words: &'static str,
    /// The model, if it is not the default one.
    model: Option<&'static str>,
    picture: bool,
}

const fn turn(name: &'static str, session: &'static str, words: &'static str) -> Turn {
    Turn {
        name,
        session,
        words,
        model: None,
        picture: false,
    }
}

/// The turns, in this order.
pub(crate) const TURNS: [Turn; 8] = [
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
    turn("login ended", "agent:main:three", "FAKE:401"),
    turn("limit", "agent:main:four", "FAKE:429"),
    turn("after", "agent:main:five", "zeta-six"),
];

impl Turn {
    /// Has it.
    pub(crate) fn take(&self, gateway: &Gateway<'_>) -> Result<Reply> {
        let mut headers = vec![(SESSION, self.session)];
        headers.extend(self.model.map(|model| (MODEL, model)));
        if self.picture {
            gateway.turn_with_picture(self.words, PICTURE, &headers)
        } else {
            gateway.turn_with(self.words, &headers)
        }
    }
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

    fn last(&self) -> Result<&Seen> {
        let last = self.chats().next_back();
        Ok(&last
            .ok_or_else(|| anyhow::anyhow!("nothing reached the API"))?
            .seen)
    }

    fn answered(&self) -> Result<()> {
        ensure!(
            self.reply.status == 200 && self.reply.text.contains("Fake reply to:"),
            "the user reads: {}",
            self.reply.text
        );
        Ok(())
    }
}

/// A promise about a conversation.
pub(crate) struct Check {
    /// Named in the lists of gaps.
    pub(crate) name: &'static str,
    /// What it looks at.
    turn: &'static str,
    holds: fn(&Taken) -> Result<()>,
}

impl Check {
    /// Whether it holds.
    pub(crate) fn judge(&self, taken: &[Taken]) -> Result<()> {
        let turn = taken.iter().find(|one| one.name == self.turn);
        (self.holds)(turn.ok_or_else(|| anyhow::anyhow!("there was no such turn"))?)
    }
}

/// Every promise.
pub(crate) const CHECKS: [Check; 10] = [
    Check {
        name: "first turn",
        turn: "first",
        holds: |turn| {
            turn.answered()?;
            arrived(turn.last()?, &["alpha-one"])
        },
    },
    Check {
        name: "default id",
        turn: "first",
        holds: |turn| {
            let model = &turn.last()?.model;
            ensure!(
                model == "claude-opus-4-6",
                "`claude-opus-4.6` went out as `{model}`"
            );
            Ok(())
        },
    },
    Check {
        name: "own tools",
        turn: "first",
        holds: |turn| {
            let own = ["Bash", "Edit", "Write"];
            let found: Vec<_> = turn
                .last()?
                .tools
                .iter()
                .filter(|tool| own.contains(&tool.as_str()))
                .collect();
            ensure!(
                found.is_empty(),
                "the CLI's own tools are offered to the model: {found:?}"
            );
            Ok(())
        },
    },
    Check {
        name: "second turn",
        turn: "second",
        holds: |turn| {
            turn.answered()?;
            arrived(turn.last()?, &["alpha-one", "beta-two"])
        },
    },
    Check {
        name: "tool",
        turn: "tool",
        holds: |turn| {
            turn.answered()?;
            arrived(
                turn.last()?,
                &["alpha-one", "beta-two", "gamma-three", TOOL_OUTPUT],
            )
        },
    },
    Check {
        name: "model switch",
        turn: "switched",
        holds: |turn| {
            turn.answered()?;
            let model = &turn.last()?.model;
            ensure!(
                model == "claude-sonnet-4-6",
                "`claude-sonnet-4.6` went out as `{model}`"
            );
            arrived(
                turn.last()?,
                &["alpha-one", "beta-two", TOOL_OUTPUT, "delta-four"],
            )
        },
    },
    Check {
        name: "image",
        turn: "picture",
        holds: |turn| {
            turn.answered()?;
            arrived(turn.last()?, &["epsilon-five"])?;
            ensure!(
                turn.last()?.images() == 1,
                "{} pictures reached the API",
                turn.last()?.images()
            );
            Ok(())
        },
    },
    Check {
        name: "login ended",
        turn: "login ended",
        holds: |turn| reads(turn, &["claude auth login"]),
    },
    Check {
        name: "limit",
        turn: "limit",
        holds: |turn| reads(turn, &["limit", "resets"]),
    },
    Check {
        name: "no cool-down",
        turn: "after",
        holds: |turn| {
            turn.answered()?;
            arrived(turn.last()?, &["zeta-six"])
        },
    },
];

/// Longest time that a refusal may take to reach the user.
const SOON: Duration = Duration::from_secs(60);

/// The user's side of the conversation holds these, each once and in this order.
fn arrived(seen: &Seen, texts: &[&str]) -> Result<()> {
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
