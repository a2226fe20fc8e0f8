/** The form of a conversion: its fields, and the request that they make. */
import { button, check, field, h, say, select } from "./dom.js";

const PRESETS = ["abdomen", "angiography", "bone", "brain", "liver", "lung", "mediastinum", "soft-tissue", "spine", "stroke", "subdural", "temporal-bone"];

/** The fields; `onsubmit(request, reference)` hears what is asked for, and what to compare it with (null for nothing). */
export class ConvertForm {
  #url = h("input", { type: "text", inputMode: "url", required: true, autocomplete: "off", spellcheck: false, placeholder: "s3://bucket/key or https://…" });
  #frame = number({ min: 1, value: 1 });
  #window = select([["", "As the object says"], ["own", "Centre and width …"], ...PRESETS.map((name) => [name, `CT: ${name.replace("-", " ")}`])]);
  #center = number({ step: "any", disabled: true });
  #width = number({ step: "any", disabled: true });
  #format = select([["jpg", "JPEG"], ["png", "PNG (lossless)"]]);
  #quality = h("input", { type: "range", min: 1, max: 100, value: 85 });
  #shown = h("output", {}, "85");
  #against = select([["png", "Lossless PNG"], ["95", "JPEG, quality 95"], ["75", "JPEG, quality 75"], ["50", "JPEG, quality 50"], ["", "Nothing"]]);
  #overlays = check("Overlays");
  #square = check("Square pixels");
  #send = button("Convert", null, { type: "submit", class: "primary" });

  constructor(onsubmit) {
    const submit = (event) => {
      event.preventDefault();
      onsubmit(this.request(), this.reference());
    };
    const quality = h("span", {}, "Quality ", this.#shown);
    this.element = h(
      "form",
      { class: "form", onsubmit: submit, oninput: () => this.#follow(), autocomplete: "off", noValidate: false },
      field("Address", this.#url, { hint: "An object of the service's buckets, or a public address. It may name a patient: it is sent in the request's body and kept nowhere." }),
      h("div", { class: "pair" }, field("Frame", this.#frame), field("Format", this.#format)),
      field("Window", this.#window, { hint: "Presets are in Hounsfield units, for CT alone." }),
      h("div", { class: "pair" }, field("Centre", this.#center), field("Width", this.#width)),
      field(quality, this.#quality),
      field("Compare with", this.#against),
      h("div", { class: "checks" }, this.#overlays.element, this.#square.element),
      h("div", { class: "actions" }, this.#send),
    );
    this.#follow();
  }

  /** Put an address, a frame into the form. */
  set(url, frame = 1) {
    this.#url.value = url;
    this.#frame.value = frame;
  }

  busy(is) {
    this.#send.disabled = is;
    say(this.#send.lastChild, is ? "Converting …" : "Convert");
  }

  /** The fields of POST /convert. */
  request() {
    return { ...this.#common(), output_format: this.#format.value, quality: Number(this.#quality.value), explain: true };
  }

  /** The fields of the picture to compare with, or null. */
  reference() {
    const against = this.#against.value;
    if (!against) return null;
    const kind = against === "png" ? { output_format: "png" } : { output_format: "jpg", quality: Number(against) };
    return { ...this.#common(), ...kind, include_metadata: false };
  }

  #common() {
    const own = this.#window.value === "own";
    const window = own ? { window_center: value(this.#center), window_width: value(this.#width) } : this.#window.value && { window: this.#window.value };
    return { url: this.#url.value.trim(), frame: value(this.#frame), overlays: this.#overlays.box.checked, square_pixels: this.#square.box.checked, ...window };
  }

  #follow() {
    say(this.#shown, this.#quality.value);
    this.#quality.disabled = this.#format.value === "png";
    const own = this.#window.value === "own";
    for (const input of [this.#center, this.#width]) Object.assign(input, { disabled: !own, required: own });
  }
}

function number(props) {
  return h("input", { type: "number", inputMode: "decimal", required: props.min !== undefined, ...props });
}

function value(input) {
  return Number.isNaN(input.valueAsNumber) ? input.value : input.valueAsNumber;
}
