/** What can be done with a picture that is shown, and in which state that leaves it. */
import { valueUnder } from "./probe.js";
import { Showing } from "./showing.js";
import { START, flipped, moved, turned, zoomed } from "./view.js";
import { Windowing } from "./windowing.js";
import { windowOf } from "./windows.js";

const FRESH = { view: START, inverted: false, overlays: false, measuring: false };
const KEPT = { texts: true, patient: false, header: false, help: false };
const A_NOTCH = 50; // pixels of a wheel: less than what one turn of it gives
const SERVER_PAUSE = 150; // milliseconds without change before the server is asked for another window

export const NOTHING = { frames: 0, rows: 0, columns: 0, modality: "", transferSyntax: "", patient: {} };

/** Of which a viewer is made: it gives `screen`, `teller` and `cine`. */
export class Handling {
  summary = NOTHING;
  hasHeader = false;
  state = { ...FRESH, ...KEPT };
  windowing = new Windowing();
  showing = new Showing();
  pointer = null;
  #redrawing = 0;
  #scrolled = 0;

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
    return this.state.help || this.state.measuring || this.screen.lengths.of(this.number).length > 0 || this.cine.isPlaying;
  }

  /** What the picture is shown by; of the server's pictures what was asked for, if anything. @returns {Voi | null} */
  get voi() {
    return this.windowing.of(this.picture?.vois) ?? ((this.source?.isServers && this.summary.window) || null);
  }

  get percent() {
    return this.screen.percent;
  }

  /** Show frame `number`, from 1; resolves when it is painted, or given up. */
  async go(number) {
    const wanted = Math.min(Math.max(number, 1), this.frames);
    if (!this.source || (wanted === this.showing.wanted && this.picture)) return;
    await this.show(wanted);
  }

  step = (by) => this.go(this.showing.wanted + by);

  /** Scroll by so many pixels of a wheel: a notch is a frame. */
  scroll(pixels) {
    this.#scrolled += pixels;
    const frames = Math.trunc(this.#scrolled / A_NOTCH);
    if (!frames) return;
    this.#scrolled = 0;
    this.step(Math.abs(pixels) >= A_NOTCH ? Math.sign(frames) : frames);
  }

  play = () => this.cine.toggle();
  zoom = (factor, at) => this.#move(zoomed(this.state.view, factor, at && this.screen.fromMiddle(at)));
  move = (x, y) => this.#move(moved(this.state.view, x, y));
  turn = (by) => this.#move(turned(this.state.view, by));
  flip = (upsideDown) => this.#move(flipped(this.state.view, upsideDown));

  invert() {
    this.state.inverted = !this.state.inverted;
    this.screen.paint();
  }

  /** Switch something on or off, by its name in the state. */
  toggle(what) {
    this.state[what] = !this.state[what];
    this.screen.paint();
  }

  escape() {
    if (this.state.help) return this.toggle("help");
    this.cine.stop();
    this.state.measuring = false;
    this.screen.lengths.clear();
    this.screen.paint();
  }

  /** Everything as it was when the object was opened, but for the frame. */
  reset() {
    const wasAsked = this.source?.isServers && this.windowing.custom;
    this.windowing.reset();
    this.state = { ...this.state, ...FRESH };
    this.screen.lengths.clear();
    if (wasAsked) this.#askServer();
    this.screen.paint();
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
    this.screen.paint();
  }

  endWindow() {
    if (this.windowing.end()) this.#chosen();
  }

  beginLength = (at) => this.screen.lengths.begin(this.picture, this.screen.inPicture(at));

  stretchLength(at) {
    this.screen.lengths.stretch(this.screen.inPicture(at));
    this.screen.draw();
  }

  endLength() {
    const label = this.screen.lengths.end();
    if (label) this.teller.say(`Distance ${label}`);
    this.screen.draw();
  }

  /** The pointer is somewhere, or nowhere. */
  point(at) {
    this.pointer = at;
  }

  /** Forget all of an object but what its reader has chosen to see beside the picture. */
  forget() {
    clearTimeout(this.#redrawing);
    this.showing.clear();
    this.windowing.reset();
    this.screen.lengths.clear();
    this.screen.boxes = [];
    this.summary = NOTHING;
    this.hasHeader = false;
    this.state = { ...this.state, ...FRESH };
  }

  /** Show a frame; returns why it cannot be, if so. */
  async show(number) {
    const failure = await this.showing.show(number, this.windowing.custom);
    if (failure === undefined) return null;
    if (this.picture?.summary) this.summary = this.picture.summary; // of a stack's objects each has its own
    this.teller.line(failure?.message ?? "");
    this.teller.notice(this.showing.notice);
    this.screen.paint();
    return failure;
  }

  #chosen() {
    if (this.source?.isServers) this.#askServer();
    this.screen.paint();
  }

  #askServer() {
    clearTimeout(this.#redrawing);
    this.#redrawing = setTimeout(() => this.source?.isServers && this.show(this.showing.wanted), SERVER_PAUSE);
  }

  #move(view) {
    if (!this.picture) return;
    this.state.view = view;
    this.screen.draw();
  }

  /** What is under the pointer. */
  get value() {
    return this.pointer && this.picture ? valueUnder(this.picture, this.screen.inPicture(this.pointer)) : "";
  }
}
