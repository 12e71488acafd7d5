//! Commands that run a container: whether the image has a digest or an exact version.

use super::package::is_exact_version;
use super::{arguments, is_flag, program_name};
use crate::strings::has_word;

pub(super) const PROGRAMS: &str = "docker podman nerdctl";
/// Flags of `docker run` without a value. Every other flag has its value in the next word.
const SWITCHES: &str = "--rm --init --interactive --tty --detach --privileged --read-only --publish-all --no-healthcheck \
                        --oom-kill-disable --sig-proxy --quiet --replace --disable-content-trust --rmi --no-hosts \
                        --http-proxy";

pub(super) fn check(program: &str, rest: &[&str], depth: usize) -> Result<(), String> {
    let rest = match rest {
        ["container", rest @ ..] => rest,
        rest => rest,
    };
    let mut words = match rest {
        // The container exists already, with its image.
        ["start", ..] => return Ok(()),
        ["run", rest @ ..] => rest.iter().copied(),
        _ => {
            return Err(format!(
                "which image `{program}` runs does not stand in the command"
            ));
        }
    };
    while let Some(word) = words.next() {
        if word == "--" {
            continue;
        }
        if is_flag(word) {
            let is_switches = !word.starts_with("--")
                && word.chars().skip(1).all(|switch| "itdqP".contains(switch));
            // A short flag may have its value in the same word: `-p3456:3456`.
            let has_value = word.contains('=') || (!word.starts_with("--") && word.len() > 2);
            if !is_switches && !has_value && !has_word(SWITCHES, word) {
                words.next();
            }
            continue;
        }
        return if is_exact_image(word) {
            arguments(program, &words.collect::<Vec<_>>(), depth)
        } else {
            Err(format!(
                "the image `{word}` names neither a digest nor an exact version"
            ))
        };
    }
    Err(format!("`{program}` is given no image to run"))
}

fn is_exact_image(image: &str) -> bool {
    if let Some((_, digest)) = image.split_once("@sha256:") {
        return digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    }
    // Only the last part of the name, because the port of a registry also follows a colon.
    program_name(image)
        .split_once(':')
        .is_some_and(|(_, tag)| is_exact_version(tag.strip_prefix('v').unwrap_or(tag)))
}
