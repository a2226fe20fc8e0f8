/** One picture at a time, on a surface, with all that can be done with it. */
import { Cine } from "./cine.js";
import { Client } from "./client.js";
import { Corners } from "./corners.js";
import { valueUnder } from "./probe.js";
import { listen } from "./gestures.js";
import { Header } from "./header.js";
import { layOut } from "./layout.js";
import { openBlob } from "./opening.js";
import { Screen } from "./screen.js";
import { ServerSource } from "./sources.js";
import { Toolbar } from "./toolbar.js";
import { START, flipped, moved, turned, zoomed } from "./view.js";
import { PRESETS, asWindow, dragged, told, windowOf } from "./windows.js";

const FRESH = { number: 1, view: START, choice: "own 0", custom: null, inverted: false, overlays: false, measuring: false };
const KEPT = { texts: true, patient: false, header: false, help: false };
const NOTHING = { frames: 0, rows: 0, columns: 0, modality: "", transferSyntax: "", patient: {} };

export class Viewer {
  source = null;
  picture = null;
  summary = NOTHING;
  name = "";
  hasHeader = false;
  state = { ...FRESH, ...KEPT };
  #opened = 0;
  #asked = 0;
  #pointer = null;
  #drag = null;
  #saying = 0;
  #redrawing = 0;
  #rows = null;

  /** @param {HTMLElement} container @param {{worker: string, limit?: number}} options */
  constructor(container, { worker, limit }) {
    this.#client = new Client(worker, limit);
    this.#header = new Header((row) => this.#client.value(row).catch(() => ""), (text) => this.#say(text));
    this.#toolbar = new Toolbar(this);
    this.#cine = new Cine(this);
    this.#corners = new Corners();
    const parts = { toolbar: this.#toolbar, cine: this.#cine, header: this.#header, corners: this.#corners };
    this.#parts = layOut(container, { ...parts, onHelp: () => this.toggle("help") });
    this.#screen = new Screen(this, this.#parts.canvas, () => this.#drawn());
    this.#silence = listen(this, this.#parts.root, this.#parts.canvas);
    this.#update();
  }
  #client;
  #header;
  #toolbar;
  #cine;
  #corners;
  #parts;
  #screen;
  #silence;

  /** Open a blob and show its first frame; see createViewer. */
  async open(blob, { name = "", serverPicture, onStatus } = {}) {
    const mine = this.#clear(name);
    onStatus?.("reading");
    this.#parts.line.textContent = "Reading …";
    const { source, refusal, hasHeader, summary } = await openBlob(blob, this.#client, serverPicture);
    if (mine !== this.#opened) return { kind: "closed", frames: 0 };
    this.hasHeader = hasHeader;
    this.summary = summary ?? NOTHING;
    this.serverPicture = serverPicture;
    if (this.state.header && hasHeader) this.#showHeader();
    if (!source) return this.#refused(refusal, onStatus);
    return this.#begin(source, refusal, onStatus);
  }

  /** Show a picture that the server draws, without a file. */
  async openServerPicture({ serverPicture, name = "", frames = 1, onStatus }) {
    this.#clear(name);
    this.summary = { ...NOTHING, frames };
    return this.#begin(new ServerSource(serverPicture, this.summary), null, onStatus);
  }

  /** Draw boxes over the picture: fractions of its width and height, each with a label. */
  setBoxes(boxes) {
    this.#screen.boxes = [...boxes];
    this.#screen.draw();
  }

  /** End everything, and leave nothing in the container. */
  close() {
    this.#clear("");
    this.#client.close();
    this.#silence();
    this.#screen.close();
    clearTimeout(this.#saying);
    this.#parts.root.remove();
  }

  get frames() {
    return this.source?.frames ?? 0;
  }

  get isCt() {
    return this.summary.modality === "CT" && this.canWindow;
  }

  get canWindow() {
    if (!this.source?.isServers) return Boolean(this.picture?.samples);
    return this.summary.photometric?.startsWith("MONOCHROME") && Boolean(this.voi ?? this.summary.modality === "CT");
  }

  get canEscape() {
    return this.state.help || this.state.measuring || this.#screen.lengths.of(this.state.number).length > 0 || this.#cine.isPlaying;
  }

  /** What the picture is shown by; of the server's pictures what was asked for, if anything. @returns {Voi | null} */
  get voi() {
    if (this.state.custom) return this.state.custom;
    const vois = this.picture?.vois;
    if (vois) return vois[Number(this.state.choice.split(" ")[1])] ?? vois[0];
    return (this.source?.isServers && this.summary.window) || null;
  }

  get percent() {
    return this.#screen.percent;
  }

  /** Show frame `number`, from 1; resolves when it is painted, or given up. */
  async go(number) {
    const wanted = Math.min(Math.max(number, 1), this.frames);
    if (!this.source || (wanted === this.state.number && this.picture)) return;
    await this.#show(wanted);
  }

  step = (by) => this.go(this.state.number + by);

  /** Scroll by so many pixels of a wheel: a notch is a frame. */
  scroll(pixels) {
    this.scrolled = (this.scrolled ?? 0) + pixels;
    const frames = Math.trunc(this.scrolled / 50);
    if (!frames) return;
    this.scrolled = 0;
    this.step(Math.abs(pixels) >= 50 ? Math.sign(frames) : frames);
  }

  play = () => this.#cine.toggle();
  zoom = (factor, at) => this.#move(zoomed(this.state.view, factor, at && this.#screen.fromMiddle(at)));
  move = (x, y) => this.#move(moved(this.state.view, x, y));
  turn = (by) => this.#move(turned(this.state.view, by));
  flip = (upsideDown) => this.#move(flipped(this.state.view, upsideDown));

  invert() {
    this.state.inverted = !this.state.inverted;
    this.#screen.paint();
  }

  /** Switch something on or off, by its name in the state. */
  toggle(what) {
    this.state[what] = !this.state[what];
    if (what === "header" && this.state.header) this.#showHeader();
    if (what === "patient") this.#header.reveal(this.state.patient);
    this.#screen.paint();
    if (what === "help" && this.state.help) this.#parts.help.querySelector("button").focus();
    else if (what === "help") this.#parts.canvas.focus();
  }

  escape() {
    if (this.state.help) return this.toggle("help");
    this.#cine.stop();
    this.state.measuring = false;
    this.#screen.lengths.clear();
    this.#screen.paint();
  }

  /** Everything as it was when the object was opened, but for the frame. */
  reset() {
    const { number } = this.state;
    const wasAsked = this.source?.isServers && this.state.custom;
    this.state = { ...this.state, ...FRESH, number };
    this.#screen.lengths.clear();
    if (wasAsked) this.#askServer();
    this.#screen.paint();
  }

  /** Show by a window that is chosen by a name, null for the object's own of that name. */
  choose(choice, custom = null) {
    this.state.choice = choice;
    this.state.custom = custom;
    if (this.source?.isServers) this.#askServer();
    this.#screen.paint();
  }

  /** One of the object's own windows, from 0. */
  own = (index) => this.choose(`own ${index}`);

  /** A preset for CT, from 1. */
  preset(number) {
    const { name, center, width } = PRESETS[number - 1];
    this.choose(`preset ${number}`, windowOf(name, center, width));
  }

  beginWindow() {
    const start = asWindow(this.voi ?? windowOf("Custom", 128, 256));
    this.#drag = { start, across: 0, down: 0 };
  }

  dragWindow(across, down) {
    if (!this.#drag) return;
    this.#drag.across += across;
    this.#drag.down += down;
    this.state.custom = dragged(this.#drag.start, this.#drag.across, this.#drag.down);
    this.state.choice = "custom";
    this.#screen.paint();
  }

  endWindow() {
    const isDragged = this.#drag && (this.#drag.across || this.#drag.down);
    this.#drag = null;
    if (isDragged && this.source?.isServers) this.#askServer();
    if (isDragged) this.#screen.paint();
  }

  beginLength = (at) => this.#screen.lengths.begin(this.picture, this.#screen.inPicture(at));

  stretchLength(at) {
    this.#screen.lengths.stretch(this.#screen.inPicture(at));
    this.#screen.draw();
  }

  endLength() {
    const label = this.#screen.lengths.end();
    if (label) this.#say(`Distance ${label}`);
    this.#screen.draw();
  }

  /** The pointer is somewhere, or nowhere. */
  point(at) {
    this.#pointer = at;
    if (this.picture) this.#corners.update(this, this.#value());
  }

  /** The painted picture: {width, height, data} of RGBA, null where there is none. */
  pixels() {
    return this.picture ? this.#screen.pixels() : null;
  }

  /** Paint and draw what is due at once, as the next animation frame would. */
  flush() {
    this.#screen.flush();
  }

  #clear(name) {
    this.#cine.begin(0);
    this.#screen.lengths.clear();
    this.source = this.picture = this.#rows = null;
    this.summary = NOTHING;
    this.name = name;
    this.hasHeader = false;
    this.serverPicture = undefined;
    this.#screen.boxes = [];
    this.#asked += 1;
    this.state = { ...this.state, ...FRESH, measuring: false, patient: this.state.patient };
    this.#header.show([]);
    this.#tell("");
    this.#parts.line.textContent = "";
    this.#screen.paint();
    return (this.#opened += 1);
  }

  async #begin(source, refusal, onStatus) {
    const mine = this.#opened;
    this.source = source;
    this.#cine.begin(source.frames, this.summary.framesPerSecond);
    const failed = await this.#show(1);
    if (mine !== this.#opened) return { kind: "closed", frames: 0 };
    if (failed) return this.#refused(refusal ?? failed, onStatus);
    onStatus?.("shown");
    const by = this.source.isServers ? "server" : "browser";
    return { kind: "image", frames: this.frames, by, rows: this.picture.rows, columns: this.picture.columns, message: this.#parts.notice.textContent };
  }

  #refused({ code, message }, onStatus) {
    this.#parts.line.textContent = message;
    onStatus?.("refused");
    const kind = ["no-pixels", "dicomdir"].includes(code) ? "no-pixels" : "unsupported";
    this.#update();
    return { kind, code, message, frames: 0 };
  }

  /** Show a frame; returns why it cannot be, if so. */
  async #show(number) {
    const mine = (this.#asked += 1);
    this.state.number = number;
    const kept = this.source.kept?.(number);
    try {
      const picture = kept ?? (await this.source.frame(number, this.state.custom));
      if (mine !== this.#asked) return null;
      this.picture = picture;
    } catch (error) {
      if (mine !== this.#asked) return null;
      if (!this.source.isServers && this.serverPicture) {
        this.source = new ServerSource(this.serverPicture, this.summary);
        const failed = await this.#show(number);
        return failed && { code: error.code, message: error.message };
      }
      const isServers = this.source.isServers;
      const message = isServers ? "The server cannot draw the picture either." : error.message;
      this.picture = null;
      this.#parts.line.textContent = message;
      this.#screen.paint();
      return { code: isServers ? "undecodable" : error.code, message };
    }
    this.#parts.line.textContent = "";
    const byServer = this.source.isServers ? ["The browser cannot decode this object: the server's rendering is shown."] : [];
    this.#tell([...byServer, ...this.picture.warnings].join(" "));
    this.#screen.paint();
    this.source.prefetch?.(number);
    return null;
  }

  #askServer() {
    clearTimeout(this.#redrawing);
    this.#redrawing = setTimeout(() => this.source?.isServers && this.#show(this.state.number), 150);
  }

  async #showHeader() {
    if (this.#rows) return;
    const mine = this.#opened;
    this.#rows = this.#client.rows().catch(() => ({ rows: [], more: false }));
    const { rows, more } = await this.#rows;
    if (mine !== this.#opened) return;
    this.#header.reveal(this.state.patient);
    this.#header.show(rows, more);
  }

  #move(view) {
    if (!this.picture) return;
    this.state.view = view;
    this.#screen.draw();
  }

  #value = () => (this.#pointer ? valueUnder(this.picture, this.#screen.inPicture(this.#pointer)) : "");

  #drawn() {
    this.#corners.update(this, this.picture ? this.#value() : "");
    if (!this.#drag) this.#update();
  }

  #update() {
    const { state, picture } = this;
    this.#toolbar.update();
    this.#cine.at(state.number, this.frames);
    this.#parts.help.hidden = !state.help;
    this.#header.element.hidden = !(state.header && this.hasHeader);
    this.#parts.root.classList.toggle("has-header", state.header && this.hasHeader);
    this.#parts.canvas.classList.toggle("is-measuring", state.measuring);
    const voi = this.voi;
    const window = voi ? (voi.lut ? `, ${voi.name}` : `, window ${told(voi.width)}, level ${told(voi.center)}`) : "";
    const frame = this.frames > 1 ? `frame ${state.number} of ${this.frames}` : "picture";
    const label = picture ? `${this.summary.modality} ${frame}${window}`.trim() : "No picture is shown";
    if (this.#parts.canvas.getAttribute("aria-label") === label) return;
    this.#parts.canvas.setAttribute("aria-label", label);
    if (picture && !this.#cine.isPlaying) this.#say(label);
  }

  #say(text) {
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => (this.#parts.live.textContent = text), 400);
  }

  #tell(text) {
    this.#parts.notice.textContent = text;
    this.#parts.notice.hidden = !text;
  }
}
