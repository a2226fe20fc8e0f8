// The viewer alone on a page, for tests: what they need of it stands in window.harness.
import { createViewer } from "../../../frontend/src/viewer/index.js";

const viewer = createViewer(document.querySelector("main"));
window.harness = { viewer };
