/** Where the page's service is: config.json, which stands beside the page. */
import { Problem } from "./problem.js";

/**
 * `{api, login: {url, clientId}, maxUploadBytes, archive}`; `archive` is whether the service has one. Throws a Problem where the file is absent or says something else.
 */
export async function loadConfig() {
  let config;
  try {
    const response = await fetch("config.json", { cache: "no-cache" });
    config = response.ok && (await response.json());
  } catch {
    config = null;
  }
  if (!config || typeof config.api !== "string" || !config.login?.url || !config.login?.clientId) {
    throw new Problem("not_configured", "This page does not know its service: config.json is missing or incomplete.");
  }
  const { api, login, maxUploadBytes, archive } = config;
  return {
    api: api.replace(/\/$/, ""),
    login: { url: login.url.replace(/\/$/, ""), clientId: login.clientId },
    maxUploadBytes: maxUploadBytes || Infinity,
    archive: archive === true,
  };
}
