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
import { Showing, inPlace } from "./showing.js";
import { ServerSource } from "./sources.js";
import { Teller } from "./teller.js";
import { Toolbar } from "./toolbar.js";
import { START, flipped, moved, turned, zoomed } from "./view.js";
import { Windowing } from "./windowing.js";
import { told, windowOf } from "./windows.js";

const FRESH = { view: START, inverted: false, overlays: false, measuring: false };
const KEPT = { texts: true, patient: false, header: false, help: false };
const NOTHING = { frames: 0, rows: 0, columns: 0, modality: "", transferSyntax: "", patient: {} };

export class Viewer {
  summary = NOTHING;
  name = "";
  hasHeader = false;
  state = { ...FRESH, ...KEPT };
  windowing = new Windowing();
  showing = new Showing();
  #opened = 0;
  #pointer = null;
  #redrawing = 0;
  #rows = null;

  /** @param {HTMLElement} container @param {{worker: string, limit?: number}} options */
  constructor(container, { worker, limit }) {
    this.#client = new Client(worker, limit);
    this.#header = new Header((row) => this.#client.value(row).catch(() => ""), (text) => this.#teller.say(text));
    this.#toolbar = new Toolbar(this);
    this.#cine = new Cine(this);
    this.#corners = new Corners();
    const parts = { toolbar: this.#toolbar, cine: this.#cine, header: this.#header, corners: this.#corners };
    this.#parts = layOut(container, { ...parts, onHelp: () => this.toggle("help") });
    this.#teller = new Teller(this.#parts);
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
  #teller;
  #screen;
  #silence;

  /** Open a blob and show its first frame; see createViewer. */
  async open(blob, { name = "", serverPicture, onStatus } = {}) {
    const mine = this.#clear(name);
    onStatus?.("reading");
    this.#teller.line("Reading …");
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
    clearTimeout(this.#redrawing);
    this.#teller.close();
    this.#parts.root.remove();
  }

  get source() {
    return this.showing.source;
  }

  /** The frame that is shown. @returns {Picture | null} */
  get picture() {
    return this.showing.picture;
  }

  get number() {
    return this.showing.number;
  }

  get frames() {
    return this.showing.frames;
  }

  get isCt() {
    return this.summary.modality === "CT" && this.canWindow;
  }

  get canWindow() {
    if (!this.source?.isServers) return Boolean(this.picture?.samples);
    return this.summary.photometric?.startsWith("MONOCHROME") && Boolean(this.voi ?? this.summary.modality === "CT");
  }

  get canEscape() {
    return this.state.help || this.state.measuring || this.#screen.lengths.of(this.number).length > 0 || this.#cine.isPlaying;
  }

  /** What the picture is shown by; of the server's pictures what was asked for, if anything. @returns {Voi | null} */
  get voi() {
    return this.windowing.of(this.picture?.vois) ?? ((this.source?.isServers && this.summary.window) || null);
  }

  get percent() {
    return this.#screen.percent;
  }

  /** Show frame `number`, from 1; resolves when it is painted, or given up. */
  async go(number) {
    const wanted = Math.min(Math.max(number, 1), this.frames);
    if (!this.source || (wanted === this.showing.wanted && this.picture)) return;
    await this.#show(wanted);
  }

  step = (by) => this.go(this.showing.wanted + by);

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
    const wasAsked = this.source?.isServers && this.windowing.custom;
    this.windowing.reset();
    this.state = { ...this.state, ...FRESH };
    this.#screen.lengths.clear();
    if (wasAsked) this.#askServer();
    this.#screen.paint();
  }

  /** Show by a window that is chosen by a name, null for the object's own of that name. */
  choose(choice, custom = null) {
    this.windowing.choose(choice, custom);
    this.#chosen();
  }

  /** One of the object's own windows, from 0. */
  own = (index) => this.choose(`own ${index}`);

  /** A preset for CT, from 1. */
  preset(number) {
    this.windowing.preset(number);
    this.#chosen();
  }

  beginWindow() {
    this.windowing.begin(this.voi ?? windowOf("Custom", 40, 400));
  }

  dragWindow(across, down) {
    this.windowing.drag(across, down);
    this.#screen.paint();
  }

  endWindow() {
    if (this.windowing.end()) this.#chosen();
  }

  beginLength = (at) => this.#screen.lengths.begin(this.picture, this.#screen.inPicture(at));

  stretchLength(at) {
    this.#screen.lengths.stretch(this.#screen.inPicture(at));
    this.#screen.draw();
  }

  endLength() {
    const label = this.#screen.lengths.end();
    if (label) this.#teller.say(`Distance ${label}`);
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
    this.showing.clear();
    this.#rows = null;
    this.summary = NOTHING;
    this.name = name;
    this.hasHeader = false;
    this.#screen.boxes = [];
    this.windowing.reset();
    this.state = { ...this.state, ...FRESH };
    this.#header.show([]);
    this.#teller.notice("");
    this.#teller.line("");
    this.#screen.paint();
    return (this.#opened += 1);
  }

  async #begin(source, fallback, refusal, onStatus) {
    const mine = this.#opened;
    this.showing.begin(source, fallback);
    this.#cine.begin(source.frames, this.summary.framesPerSecond);
    const failure = await this.#show(1);
    if (mine !== this.#opened) return { kind: "closed", frames: 0 };
    if (failure) return this.#refused(refusal ?? failure, onStatus);
    onStatus?.("shown");
    const { rows, columns } = this.picture ?? this.summary;
    const by = this.source.isServers ? "server" : "browser";
    return { kind: "image", frames: this.frames, by, rows, columns, message: this.showing.notice };
  }

  #refused({ code, message }, onStatus) {
    this.#teller.line(message);
    onStatus?.("refused");
    const kind = ["no-pixels", "dicomdir"].includes(code) ? "no-pixels" : "unsupported";
    this.#update();
    return { kind, code, message, frames: 0 };
  }

  /** Show a frame; returns why it cannot be, if so. */
  async #show(number) {
    const failure = await this.showing.show(number, this.windowing.custom);
    if (failure === undefined) return null;
    this.#teller.line(failure?.message ?? "");
    this.#teller.notice(this.showing.notice);
    this.#screen.paint();
    return failure;
  }

  #chosen() {
    if (this.source?.isServers) this.#askServer();
    this.#screen.paint();
  }

  #askServer() {
    clearTimeout(this.#redrawing);
    this.#redrawing = setTimeout(() => this.source?.isServers && this.#show(this.showing.wanted), 150);
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
    if (!this.windowing.isDragged) this.#update();
  }

  #update() {
    const { state, picture, number } = this;
    this.#toolbar.update();
    this.#cine.at(number, this.frames);
    this.#parts.help.hidden = !state.help;
    this.#header.element.hidden = !(state.header && this.hasHeader);
    this.#parts.root.classList.toggle("has-header", state.header && this.hasHeader);
    this.#parts.canvas.classList.toggle("is-measuring", state.measuring);
    const voi = this.voi;
    const window = voi ? (voi.lut ? `, ${voi.name}` : `, window ${told(voi.width)}, level ${told(voi.center)}`) : "";
    const frame = this.frames > 1 ? `frame ${number} of ${this.frames}` : "picture";
    const label = picture ? `${this.summary.modality} ${frame}${window}`.trim() : "No picture is shown";
    this.#teller.label(label, !picture || this.#cine.isPlaying);
  }
}
