/** The frame of the page: name, tabs, switches, login; what is below belongs to the tabs. */
import { attribute, button, check, fill, h, select } from "./dom.js";
import { patientDataShown } from "./patient.js";
import { TABS, onPlace } from "./route.js";
import { theme } from "./theme.js";

const TITLES = { analyse: "Analyse", convert: "Convert", studies: "Studies", archive: "Archive" };

/** Build the page into `body`: `panels` has an element a tab; `session` is null where the page knows no login. */
export function buildShell(body, { panels, session, notices, voice }) {
  const main = h("main", { id: "main", tabIndex: -1 }, TABS.map((tab) => panels[tab]));
  const links = Object.fromEntries(TABS.map((tab) => [tab, h("a", { href: `#${tab}` }, TITLES[tab])]));
  const skip = (event) => {
    event.preventDefault(); // an address after # is a place here
    main.focus();
  };
  fill(
    body,
    h("a", { class: "skip", href: "#main", onclick: skip }, "Skip to the content"),
    h(
      "header",
      { class: "masthead" },
      h("div", { class: "brand" }, h("img", { src: "icon.svg", alt: "", width: 22, height: 22 }), h("span", {}, "Serverless DICOM")),
      h("nav", { "aria-label": "Main" }, Object.values(links)),
      h("div", { class: "switches" }, patientSwitch(), themeSwitch(), session && loginState(session)),
    ),
    notices.element,
    main,
    h("footer", {}, h("strong", {}, "Not for diagnostic use."), h("span", {}, " Labels come from a general image model and say nothing of disease.")),
    voice.element,
  );
  onPlace(({ tab }) => {
    document.title = `${TITLES[tab]} · Serverless DICOM`;
    for (const one of TABS) {
      panels[one].hidden = one !== tab;
      attribute(links[one], "aria-current", one === tab && "page");
    }
  });
}

function patientSwitch() {
  const { box, element } = check("Show patient data", {
    role: "switch",
    onchange: () => (patientDataShown.value = box.checked),
  });
  element.classList.add("switch");
  patientDataShown.follow((shown) => {
    box.checked = shown;
    document.documentElement.dataset.patientData = shown ? "shown" : "hidden";
  });
  return element;
}

function themeSwitch() {
  const options = [["auto", "Auto"], ["light", "Light"], ["dark", "Dark"]];
  const choice = select(options, { value: theme.value, "aria-label": "Colours", class: "quiet", onchange: () => (theme.value = choice.value) });
  return choice;
}

function loginState(session) {
  const element = h("div", { class: "login" });
  session.user.follow((user) =>
    user
      ? fill(element, h("span", { class: "user", title: user }, user), button("Log out", () => session.logout()))
      : fill(element, button("Log in", () => session.begin(), { class: "primary" })),
  );
  return element;
}
