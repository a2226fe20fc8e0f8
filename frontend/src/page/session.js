/** The login at the user pool's own page: authorization code with PKCE; tokens live in sessionStorage alone. */
import { Observable } from "./observable.js";
import { challenge, claimsOf, randomText } from "./pkce.js";
import { Problem, asProblem } from "./problem.js";

const TOKENS = "tokens";
const ATTEMPT = "login";
const SECONDS_BEFORE = 60;
const SECONDS_OF_ATTEMPT = 3600;

/** Who is logged in, by `user` (a name or null), and the token for the API. */
export class Session {
  #login;
  #renewal = null;
  #timer = 0;

  user = new Observable(null);

  constructor(login) {
    this.#login = login;
    const tokens = this.#tokens;
    if (tokens) this.#take(tokens);
  }

  /** Go to the login page; what comes after `#` is come back to. */
  async begin() {
    const attempt = { verifier: randomText(), state: randomText(), nonce: randomText(), hash: location.hash, began: Date.now() };
    sessionStorage.setItem(ATTEMPT, JSON.stringify(attempt));
    const query = new URLSearchParams({
      response_type: "code",
      client_id: this.#login.clientId,
      redirect_uri: here(),
      scope: "openid",
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await challenge(attempt.verifier),
      code_challenge_method: "S256",
    });
    location.assign(`${this.#login.url}/oauth2/authorize?${query}`);
  }

  /** Take what the login page left in the address, and out of it, if this is the way back. Throws a Problem. */
  async finish() {
    const query = new URLSearchParams(location.search);
    if (!query.has("code") && !query.has("error")) return;
    const attempt = JSON.parse(sessionStorage.getItem(ATTEMPT) ?? "null");
    sessionStorage.removeItem(ATTEMPT);
    history.replaceState(null, "", here() + (attempt?.hash ?? ""));
    if (query.has("error")) {
      throw new Problem("login_refused", "The login was not completed. Choose “Log in” to try again.");
    }
    if (!attempt || attempt.state !== query.get("state") || Date.now() - attempt.began > SECONDS_OF_ATTEMPT * 1000) {
      throw new Problem("login_stale", "This login was begun elsewhere or too long ago. Choose “Log in” to begin anew.");
    }
    const fields = { grant_type: "authorization_code", code: query.get("code"), redirect_uri: here(), code_verifier: attempt.verifier };
    const tokens = await this.#exchange(fields);
    const { nonce, aud } = claimsOf(tokens.id_token);
    if (nonce !== attempt.nonce || aud !== this.#login.clientId) {
      throw new Problem("login_mismatch", "The login's answer was not for this page. Choose “Log in” to try again.");
    }
    this.#take({ id: tokens.id_token, refresh: tokens.refresh_token });
  }

  /** The token for the API, a fresh one where `renew` says that the old was refused. Throws the Problem `unauthorized`. */
  async token({ renew = false } = {}) {
    const tokens = this.#tokens;
    if (!tokens) throw new Problem("unauthorized", "You are not logged in.");
    if (!renew && secondsLeft(tokens.id) > SECONDS_BEFORE / 2) return tokens.id;
    this.#renewal ??= this.#renew(tokens).finally(() => (this.#renewal = null));
    await this.#renewal;
    return this.#tokens.id;
  }

  /** Forget the tokens here, revoke what can be revoked, and end the login page's own session. */
  async logout() {
    const refresh = this.#tokens?.refresh;
    this.#forget();
    if (refresh) {
      const body = new URLSearchParams({ token: refresh, client_id: this.#login.clientId });
      const signal = AbortSignal.timeout(2000);
      await fetch(`${this.#login.url}/oauth2/revoke`, { method: "POST", body, signal }).catch(() => null);
    }
    const query = new URLSearchParams({ client_id: this.#login.clientId, logout_uri: here() });
    location.assign(`${this.#login.url}/logout?${query}`);
  }

  async #renew({ refresh }) {
    try {
      if (!refresh) throw new Problem("invalid_grant", "");
      const tokens = await this.#exchange({ grant_type: "refresh_token", refresh_token: refresh });
      this.#take({ id: tokens.id_token, refresh: tokens.refresh_token ?? refresh });
    } catch (error) {
      if (asProblem(error).passes) throw error;
      this.#forget();
      throw new Problem("unauthorized", "The login has ended.", { status: 401 });
    }
  }

  async #exchange(fields) {
    const body = new URLSearchParams({ ...fields, client_id: this.#login.clientId });
    let response;
    try {
      response = await fetch(`${this.#login.url}/oauth2/token`, { method: "POST", body });
    } catch {
      throw new Problem("network", "The login service could not be reached.");
    }
    if (response.ok) return response.json();
    const { status } = response;
    throw new Problem("login_failed", "The login service refused. Choose “Log in” to try again.", { status });
  }

  #take(tokens) {
    const claims = claimsOf(tokens.id);
    sessionStorage.setItem(TOKENS, JSON.stringify(tokens));
    this.user.value = claims["cognito:username"] ?? claims.email ?? "Logged in";
    clearTimeout(this.#timer);
    const wait = Math.max(secondsLeft(tokens.id) - SECONDS_BEFORE, 5) * 1000;
    this.#timer = setTimeout(() => this.token({ renew: true }).catch(() => null), Math.min(wait, 2 ** 31 - 1));
  }

  #forget() {
    clearTimeout(this.#timer);
    sessionStorage.removeItem(TOKENS);
    this.user.value = null;
  }

  get #tokens() {
    return JSON.parse(sessionStorage.getItem(TOKENS) ?? "null");
  }
}

/** The page's own address, which is what the user pool knows. */
function here() {
  return location.origin + location.pathname;
}

function secondsLeft(token) {
  return claimsOf(token).exp - Date.now() / 1000;
}
