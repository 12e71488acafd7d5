//! Containers: whether the image is named with a digest or an exact version.

use super::package::is_exact_version;
use super::{arguments, is_flag, program_name};
use crate::strings::has_word;

pub(super) const PROGRAMS: &str = "docker podman nerdctl";
/// Flags of `docker run` that stand alone; every other one takes the next word.
const SWITCHES: &str = "--rm --init --interactive --tty --detach --privileged --read-only --publish-all --no-healthcheck \
                        --oom-kill-disable --sig-proxy --quiet --replace --disable-content-trust --rmi --no-hosts \
                        --http-proxy";

pub(super) fn judge(program: &str, rest: &[&str], depth: usize) -> Result<(), String> {
    let rest = match rest {
        ["container", rest @ ..] => rest,
        rest => rest,
    };
    let mut words = match rest {
        // The container is there, with its image.
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
            // A short flag with its value in the same word, as `-p3456:3456`.
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
    // The last part only: a registry's port has a colon too.
    program_name(image)
        .split_once(':')
        .is_some_and(|(_, tag)| is_exact_version(tag.strip_prefix('v').unwrap_or(tag)))
}
