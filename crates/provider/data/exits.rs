// Why a process ended: code, whether another start can help, signs in its output (in lower case, separated by `|`; one is enough),
// the reason, and the next step. The first row with a sign in the output counts.
exits! {
    "port-in-use" again "already in use|eaddrinuse" "The port is taken by another program." "See who holds it with `claude-proxy status`, then stop that program or choose another port.";
    "not-logged-in" never "not logged in" "Claude is not logged in." LOGIN_NEXT;
    "claude-cli-missing" never "could not find claude|claude executable not found|claude code executable not found|claude cli not found" "The proxy does not find the Claude CLI." "Install it: `npm install -g @anthropic-ai/claude-code`, then `claude auth login`.";
    // The installer of the CLI, which a package runner starts together with the proxy, says "failed to place" and "failed to execute".
    "claude-cli-broken" never "claude cli returned non-zero|claude native binary not installed|claude code native binary not found|could not find native binary|failed to place binary|failed to execute native binary" "The Claude CLI that the proxy finds does not run." "Try `claude --version`; if it complains, install it again: `npm install -g @anthropic-ai/claude-code`.";
    "wrong-binary" never "enoexec|exec format error" "A program that is needed is broken, or is not made for this kind of machine." "Its last lines (`claude-proxy logs`) name it: install that one again on this machine; for the Claude CLI `npm install -g @anthropic-ai/claude-code`.";
    "script-not-found" never "script not found" "The runner of the `command` setting finds no program of that name." "Correct the name in `command`, or install the proxy and name its program there, with its full path.";
    "bad-port" never "options.port|invalid port" "The proxy does not accept the port." "Set a port from 1 to 65535 and leave no variable for it in the command.";
    "package-not-found" never "e404|- 404|404 not found - get|no matching version|etarget" "The package of the `command` setting does not exist." "Correct the package name in `command`, or install the proxy and name its program there.";
    "registry-unreachable" again "downloading package manifest|downloading tarball|eai_again|econnreset|econnrefused|enotfound|self_signed_cert|etimedout|connectionrefused|failed to resolve" "The package could not be downloaded." "Check the network, or install the proxy and name its program in `command` so that no download is needed.";
    "program-incomplete" never "module not found|cannot find module|err_module_not_found|no such file or directory" "The program of the `command` setting lacks a file." "Check the path in `command`, or install the proxy again.";
    "wrong-runtime" never "unsupported engine|ebadengine|unexpected token|err_unknown_file_extension|requires node|requires bun" "This version of Node.js or Bun cannot run the proxy." "Install a current Bun or Node.js and check that `command` starts that one.";
    "permission-denied" never "permission denied|eacces" "The proxy was refused a file or port." "Check the file's owner, or choose a port above 1023.";
}
