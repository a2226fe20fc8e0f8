import { createViewer } from "./viewer/index.js";

createViewer(document.querySelector("main"), { worker: WORKER_URL });
