// The page: what it is built of, and in which order it wakes.
import { AnalysePanel } from "./page/analyse.js";
import { Api } from "./page/api.js";
import { archivePanel } from "./page/archive.js";
import { loadConfig } from "./page/config.js";
import { ConvertPanel } from "./page/convert.js";
import { Notices, Voice } from "./page/notices.js";
import { asProblem } from "./page/problem.js";
import { TABS, followHistory, go } from "./page/route.js";
import { Session } from "./page/session.js";
import { buildShell } from "./page/shell.js";
import { studiesPanel } from "./page/studies.js";
import "./page/theme.js";

const notices = new Notices();
const voice = new Voice();

/** Load what the page was deployed with; without it, or after a login that failed, the page works as far as it can. */
async function wake() {
  let session = null;
  let service = null;
  try {
    const config = await loadConfig();
    session = new Session(config.login);
    if (config.archive) TABS.push("archive");
    service = { api: new Api(config.api, session), maxUploadBytes: config.maxUploadBytes };
    await session.finish();
  } catch (error) {
    notices.show(asProblem(error));
  }
  const around = { session, service, voice };
  const analyse = new AnalysePanel(around);
  const convert = new ConvertPanel(around);
  const onconvert = (uri, frame) => {
    go("convert");
    convert.take(uri, frame);
  };
  const studies = studiesPanel({ ...around, onconvert });
  const panels = { analyse: analyse.element, convert: convert.element, studies: studies.element };
  if (TABS.includes("archive")) panels.archive = archivePanel(around).element;
  buildShell(document.body, { panels, session, notices, voice });
  document.body.append(analyse.over);
  followHistory();
}

wake();
