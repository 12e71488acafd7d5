// @ts-check
// The service that OpenClaw starts with the Gateway: it has the helper watch the proxy, and reports its status.
// OpenClaw awaits `start` before the Gateway is ready and gives `stop` five seconds, so the first returns at once and
// the second is bounded; neither ever rejects.

import { hint, messageOf, partsOf } from "./errors.js";
import { watchConfig } from "./compat.js";
import { IDENTITY } from "./identity.js";
import { problemOf } from "./answers.js";
import { refreshLogin } from "./programs.js";
import { ask } from "./component.js";
import { logReport } from "./audit.js";
import { refreshModelList } from "./model-list.js";
import { expireRequestGuard, guardRequests } from "./requests.js";
import { guardOff, settingsOf } from "./settings.js";
import { snapshotOf } from "./snapshot.js";
import { onChange, processState, update } from "./state.js";
import { endHelper, expireIn, isReleased, releaseHelper, supervise } from "./supervision.js";

/** @typedef {import("./host.js").Host} Host */
/** @typedef {import("openclaw/plugin-sdk/plugin-entry").OpenClawPluginServiceContext} ServiceContext */

/** A helper that ended is started again after this long, in milliseconds, doubling up to the longest. */
const RESTART_MS = 500;
const MAX_RESTART_MS = 30_000;
/** The helper says with this exit code that a retry cannot help. */
const CANNOT_HELP = 78;
/** After a disposal the successor follows at once, in milliseconds; after a refused reload it takes a little longer. */
const HANDOVER_MS = 10_000;
/** While the proxy does not say whether there is a login, the CLI is asked this often, in milliseconds. */
const LOGIN_PERIOD_MS = 60_000;

/** @param {Host} host */
export function registerProxyService(host) {
  /** @type {ProxyService | undefined} */
  let service;
  let leaving = false;

  // In a shutdown this hook comes before `stop`, in a replacement after it.
  host.api.on("gateway_stop", () => {
    leaving = true;
  });
  host.api.lifecycle?.onDispose?.(() => {
    if (service !== undefined && isReleased()) expireIn(HANDOVER_MS);
    if (service?.requests !== undefined) expireRequestGuard(service.requests, HANDOVER_MS);
  });
  host.api.registerService({
    id: IDENTITY.id,
    // The provider entry is among them; the others hold routes, and a changed report must be reported.
    reload: { configPrefixes: ["models", "agents", "tools", "hooks"] },
    async start(context) {
      service = new ProxyService(host, context);
      service.start();
    },
    async stop() {
      const old = service;
      try {
        old?.leave();
        if (leaving) await endHelper();
        else releaseHelper();
      } catch (error) {
        host.log("error", `the proxy could not be stopped in order: ${String(error)}`);
      }
    },
  });
}

/** One run of the service, from `start` to `stop`. */
class ProxyService {
  /**
   * @param {Host} host
   * @param {ServiceContext} context
   */
  constructor(host, context) {
    this.host = host;
    this.config = context.config;
    this.health = context.serviceHealth;
    this.isWanted = true;
    this.restarts = 0;
    /** @type {Map<string, string>} */
    this.failures = new Map();
    this.lastLine = "";
    /** @type {import("./requests.js").RequestWatch | undefined} */
    this.requests = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retry = undefined;
    /** The launch plan in use, as text. @type {string | undefined} */
    this.plan = undefined;
    /** End what the service follows. @type {Array<() => void>} */
    this.following = [];
  }

  start() {
    update({ served: true, reloading: false });
    this.runLater("permission", async () => {
      const why = guardOff(this.config);
      if (why !== undefined) this.logFailure("guard", why);
    });
    this.runLater("strict guard", () => this.guardRequests());
    this.runLater("audit", () => this.judge());
    this.runLater("start", () => this.launch());
    this.followAnswers();
    this.following.push(watchConfig(this.host.config, () => this.applyConfig()));
  }

  async judge() {
    const open = await logReport(this.host);
    if (open === undefined) this.clear("configuration");
    else this.fail("configuration", open);
  }

  /** Another configuration is in force, and the host did not restart the service for it. */
  applyConfig() {
    if (!this.isWanted) return;
    this.config = this.host.config();
    this.runLater("audit", () => this.judge());
    this.runLater("start", async () => {
      if (JSON.stringify(this.launchPlan()) !== this.plan) await this.launch();
    });
  }

  /** The launch plan that the settings in force ask for. */
  launchPlan() {
    const settings = settingsOf(this.config);
    return ask(({ provider }, lend) => provider.launch(lend(settings), Object.keys(process.env)));
  }

  /** Without a helper that fits the settings in force, none runs. */
  async launch() {
    try {
      await this.superviseProxy();
      this.clear("start");
    } catch (error) {
      if (!this.isWanted) return;
      await endHelper();
      const { reason, next } = partsOf(error);
      update({ status: { state: "failed", detail: reason, next: next ?? null } });
      throw error;
    }
  }

  async guardRequests() {
    if (!this.isWanted) return;
    const failed = (/** @type {string} */ why) => this.logFailure("strict guard", why);
    this.requests = await guardRequests(this.host, failed);
  }

  /** Follows what comes back from the model, until the service ends. */
  followAnswers() {
    let seen = processState().answer;
    const end = onChange(() => {
      const { answer } = processState();
      if (answer === seen) return;
      seen = answer;
      const problem = problemOf(answer);
      if (problem === undefined) this.clear("answer");
      else this.logFailure("answer", problem);
    });
    this.following.push(end);
  }

  leave() {
    this.isWanted = false;
    clearTimeout(this.retry);
    for (const end of this.following.splice(0)) end();
    update({ reloading: true });
  }

  async superviseProxy() {
    const plan = this.launchPlan();
    this.plan = JSON.stringify(plan);
    const outcome = await supervise(this.host, plan, this, () => this.isWanted);
    if (outcome === "no longer wanted") return;
    if (outcome === "taken over") {
      this.host.log("info", `reloaded: still supervising the proxy on ${plan.baseUrl}`);
      return;
    }
    if (!plan.local) this.host.log("info", `using the proxy on ${plan.baseUrl} (not managed)`);
    else if (plan.autoStart) this.host.log("info", "starting proxy...");
    else this.host.log("info", `autoStart is off: waiting for your proxy on ${plan.baseUrl}`);
    if (plan.strippedVariables.length > 0) {
      this.host.log("info", `environment variables not forwarded (would bypass the login): ${plan.strippedVariables.join(", ")}`);
    }
  }

  /** @param {import("./state.js").ProxyStatus} status */
  onStatus(status) {
    const { up, failing, line } = this.assess(status);
    if (up) {
      this.restarts = 0;
      if (status.login === "unknown") this.runLater("login", () => refreshLogin(this.host, LOGIN_PERIOD_MS));
      this.runLater("models", () => refreshModelList(this.host, status));
    }
    if (line !== this.lastLine) this.host.log(failing ? "error" : "info", line);
    this.lastLine = line;
    if (failing) this.fail("proxy", line);
    else this.clear("proxy");
  }

  /** @param {import("./state.js").ProxyStatus} status */
  assess(status) {
    const settings = settingsOf(this.config);
    return ask(({ runtime }, lend) => runtime.assess(lend(settings), snapshotOf(status, 0), {}));
  }

  /**
   * @param {number | null} code
   * @param {string} why
   */
  onEnd(code, why) {
    const detail = `the helper ended (${why})`;
    if (!this.isWanted) return;
    if (code === CANNOT_HELP) {
      update({ status: { state: "failed", detail } });
      this.logFailure("proxy", `${detail}. ${hint(`Run \`openclaw ${IDENTITY.command} doctor\`.`)}`);
      return;
    }
    const delay = Math.min(RESTART_MS * 2 ** this.restarts++, MAX_RESTART_MS);
    this.host.log("warn", `${detail}; starting it again in ${delay} ms`);
    update({ status: { state: "backoff", detail } });
    this.fail("proxy", detail);
    this.retry = setTimeout(() => {
      if (this.isWanted) this.runLater("start", () => this.launch());
    }, delay);
    this.retry.unref();
  }

  /**
   * Runs work behind `start`: an unhandled rejection would end the Gateway.
   * @param {string} what
   * @param {() => Promise<void>} work
   */
  runLater(what, work) {
    // The Gateway waits for `start`; the first use of the component is not its business.
    new Promise((resolve) => setImmediate(resolve)).then(work).catch((error) => {
      this.logFailure(what, messageOf(error));
    });
  }

  /**
   * Says a failure in the log too.
   * @param {string} what
   * @param {string} why
   */
  logFailure(what, why) {
    this.host.log("error", why);
    this.fail(what, why);
  }

  /**
   * @param {string} what
   * @param {string} why
   */
  fail(what, why) {
    this.failures.set(what, why);
    this.report();
  }

  /** @param {string} what */
  clear(what) {
    if (this.failures.delete(what)) this.report();
  }

  report() {
    if (!this.isWanted) return;
    if (this.failures.size === 0) this.health?.clearFailure();
    else this.health?.reportFailure(new Error([...new Set(this.failures.values())].join("; ")));
  }
}
