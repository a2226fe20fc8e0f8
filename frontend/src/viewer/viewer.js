/** One picture at a time, on a surface, with all that can be done with it. */
import { Cine } from "./cine.js";
import { Client } from "./client.js";
import { Corners } from "./corners.js";
import { Edges } from "./edges.js";
import { listen } from "./gestures.js";
import { Handling, NOTHING } from "./handling.js";
import { Header } from "./header.js";
import { layOut } from "./layout.js";
import { openBlob } from "./opening.js";
import { Screen } from "./screen.js";
import { inPlace } from "./showing.js";
import { ServerSource, StackSource } from "./sources.js";
import { Teller } from "./teller.js";
import { Toolbar } from "./toolbar.js";
import { told } from "./windows.js";

const HEADER_PAUSE = 150; // milliseconds: not every object that passes has its header read

/** What the page has; see createViewer. */
export class Viewer extends Handling {
  name = "";
  #opened = 0;
  #rows = null;
  #onFrame = null;
  #followed = null;
  #reading = 0;

  /** @param {HTMLElement} container @param {{worker: string, limit?: number}} options */
  constructor(container, { worker, limit }) {
    super();
    this.#client = new Client(worker, limit);
    this.#header = new Header((row) => this.#client.value(row).catch(() => ""), (text) => this.teller.say(text));
    this.#toolbar = new Toolbar(this);
    this.cine = new Cine(this);
    this.#corners = new Corners();
    this.#edges = new Edges();
    const texts = [...this.#corners.elements, ...this.#edges.elements];
    const parts = { toolbar: this.#toolbar, cine: this.cine, header: this.#header, texts };
    this.#parts = layOut(container, { ...parts, onHelp: () => this.toggle("help") });
    this.teller = new Teller(this.#parts);
    this.screen = new Screen(this, this.#parts.canvas, () => this.#drawn());
    this.#silence = listen(this, this.#parts.root, this.#parts.canvas);
    this.#update();
  }
  #client;
  #header;
  #toolbar;
  #corners;
  #edges;
  #parts;
  #silence;

  /** Open a blob and show its first frame; see createViewer. */
  async open(blob, { name = "", serverPicture, onStatus } = {}) {
    const mine = this.#clear(name);
    onStatus?.("reading");
    this.teller.line("Reading …");
    const { source, refusal, hasHeader, summary } = await openBlob(blob, this.#client, serverPicture);
    if (mine !== this.#opened) return { kind: "closed", frames: 0 };
    this.hasHeader = hasHeader;
    this.summary = summary ?? NOTHING;
    if (this.state.header && hasHeader) this.#showHeader();
    if (!source) return this.#refused(refusal, onStatus);
    return this.#begin(source, source.isServers ? null : inPlace(serverPicture, this.summary), refusal, onStatus);
  }

  /** Show a picture that the server draws, without a file. */
  async openServerPicture({ serverPicture, name = "", frames = 1, onStatus }) {
    this.#clear(name);
    this.summary = { ...NOTHING, frames };
    return this.#begin(new ServerSource(serverPicture, this.summary), null, null, onStatus);
  }

  /** Show frames of several objects as a stack, from `number` on; see createViewer. */
  async openStack(stack, { name = "", number = 1, onStatus, onFrame } = {}) {
    this.#clear(name);
    this.#client.begin();
    this.#onFrame = onFrame ?? null;
    this.hasHeader = true;
    onStatus?.("reading");
    this.teller.line("Reading …");
    return this.#begin(new StackSource(this.#client, stack), null, null, onStatus, number);
  }

  /** Draw boxes over the picture: fractions of its width and height, each with a label. */
  setBoxes(boxes) {
    this.screen.boxes = [...boxes];
    this.screen.draw();
  }

  /** End everything, and leave nothing in the container. */
  close() {
    this.#clear("");
    this.#client.close();
    this.#silence();
    this.screen.close();
    this.teller.close();
    this.#parts.root.remove();
  }

  /** The painted picture: {width, height, data} of RGBA, null where there is none. */
  pixels() {
    return this.picture ? this.screen.pixels() : null;
  }

  /** Paint and draw what is due at once, as the next animation frame would. */
  flush() {
    this.screen.flush();
  }

  #clear(name) {
    this.cine.begin(0);
    this.forget();
    clearTimeout(this.#reading);
    this.#rows = this.#onFrame = this.#followed = null;
    this.name = name;
    this.#header.show([]);
    this.teller.notice("");
    this.teller.line("");
    this.screen.paint();
    return (this.#opened += 1);
  }

  async #begin(source, fallback, refusal, onStatus, number = 1) {
    const mine = this.#opened;
    this.showing.begin(source, fallback);
    this.cine.begin(source.frames, this.summary.framesPerSecond);
    const failure = await this.show(number);
    if (mine !== this.#opened) return { kind: "closed", frames: 0 };
    if (failure) return this.#refused(refusal ?? failure, onStatus);
    onStatus?.("shown");
    const { rows, columns } = this.picture ?? this.summary;
    const by = this.source.isServers ? "server" : "browser";
    return { kind: "image", frames: this.frames, by, rows, columns, message: this.showing.notice };
  }

  #refused({ code, message }, onStatus) {
    this.teller.line(message);
    onStatus?.("refused");
    const kind = ["no-pixels", "dicomdir"].includes(code) ? "no-pixels" : "unsupported";
    this.#update();
    return { kind, code, message, frames: 0 };
  }

  async #showHeader() {
    if (this.#rows) return;
    const mine = (this.#rows = this.#client.rows(this.picture?.object).catch(() => ({ rows: [], more: false })));
    const { rows, more } = await mine;
    if (mine !== this.#rows) return;
    this.#header.reveal(this.state.patient);
    this.#header.show(rows, more);
  }

  /** Another frame is shown, of a stack perhaps one of another object. */
  #follow(picture) {
    if (picture === this.#followed) return;
    const isOther = picture?.object && picture.object !== this.#followed?.object;
    this.#followed = picture;
    if (picture) this.#onFrame?.(this.number, picture);
    if (!isOther) return;
    this.#rows = null;
    clearTimeout(this.#reading);
    if (this.state.header) this.#reading = setTimeout(() => this.#showHeader(), HEADER_PAUSE);
  }

  /** The pointer is somewhere, or nowhere. */
  point(at) {
    super.point(at);
    if (this.picture) this.#corners.update(this, this.value);
  }

  /** Switch something on or off, by its name in the state. */
  toggle(what) {
    super.toggle(what);
    const isOn = this.state[what];
    if (what === "header" && isOn) this.#showHeader();
    if (what === "patient") this.#header.reveal(isOn);
    if (what === "help" && isOn) this.#shownHelp().focus();
    else if (what === "help") this.#parts.canvas.focus();
  }

  #shownHelp() {
    this.#parts.help.hidden = false; // at once: what is hidden takes no focus
    return this.#parts.help.querySelector("button");
  }

  #drawn() {
    this.#follow(this.picture);
    this.#corners.update(this, this.value);
    this.#edges.update(this);
    if (!this.windowing.isDragged) this.#update();
  }

  #update() {
    const { state, picture, number } = this;
    this.#toolbar.update();
    this.cine.at(number, this.frames);
    this.#parts.help.hidden = !state.help;
    this.#header.element.hidden = !(state.header && this.hasHeader);
    this.#parts.root.classList.toggle("has-header", state.header && this.hasHeader);
    this.#parts.canvas.classList.toggle("is-measuring", state.measuring);
    const voi = this.voi;
    const window = voi ? (voi.lut ? `, ${voi.name}` : `, window ${told(voi.width)}, level ${told(voi.center)}`) : "";
    const frame = this.frames > 1 ? `frame ${number} of ${this.frames}` : "picture";
    const label = picture ? `${this.summary.modality} ${frame}${window}`.trim() : "No picture is shown";
    this.teller.label(label, !picture || this.cine.isPlaying);
  }
}
