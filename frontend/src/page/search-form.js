/** The form of a search: fields by their names in the request, and days from and to. */
import { button, check, field, h, select } from "./dom.js";

/**
 * The form; `onsubmit(search)` hears the fields that are filled in, `limit` among them.
 *
 * `fields` has `[name, label, input]` in their order, where `dates` stands for the two days of `studyDate`; `limits` are
 * how many rows a page may have; `upper` names fields whose letters are capital ones.
 */
export class SearchForm {
  #inputs = {};
  #upper;
  #limit;
  #send = button("Search", null, { type: "submit", icon: "search", class: "primary" });

  constructor(fields, { limits, limit = "25", upper = [] }, onsubmit) {
    this.#upper = upper;
    this.#limit = limit;
    const rows = fields.flatMap(([name, label, input]) => (name === "dates" ? [["from", "From", day()], ["to", "To", day()]] : [[name, label, input]]));
    rows.push(["limit", "Per page", select(limits.map((one) => [one, one]), { value: limit })]);
    for (const [name, , input] of rows) this.#inputs[name] = input;
    const submit = (event) => {
      event.preventDefault();
      onsubmit(this.search());
    };
    const clear = button("Clear", () => {
      this.fill({});
      rows[0][2].focus();
    });
    this.element = h(
      "form",
      { class: "search", role: "search", onsubmit: submit, autocomplete: "off" },
      rows.map(([, label, input]) => (input.type === "checkbox" ? check(label, input).element : field(label, input))),
      h("div", { class: "actions" }, this.#send, clear),
    );
  }

  /** The fields of the request that are filled in. */
  search() {
    const { from, to, limit, ...others } = this.#inputs;
    const search = { limit: Number(limit.value) };
    for (const [name, input] of Object.entries(others)) {
      if (input.type === "checkbox" ? input.checked : input.value.trim()) search[name] = input.type === "checkbox" || input.value.trim();
    }
    for (const name of this.#upper) if (search[name]) search[name] = search[name].toUpperCase();
    const [first, last] = [from.value, to.value].map((value) => value.replaceAll("-", ""));
    if (first || last) search.studyDate = first === last ? first : `${first}-${last}`;
    return search;
  }

  /** Show a search as it was asked for. */
  fill(search) {
    const [first = "", last = first] = (search.studyDate ?? "").split("-");
    const values = { ...search, from: dashed(first), to: dashed(last), limit: String(search.limit ?? this.#limit) };
    for (const [name, input] of Object.entries(this.#inputs)) {
      if (input.type === "checkbox") input.checked = Boolean(values[name]);
      else input.value = values[name] ?? "";
    }
  }

  busy(is) {
    this.#send.disabled = is;
  }
}

/** A field for text. */
export function text(props = {}) {
  return h("input", { type: "text", autocomplete: "off", spellcheck: false, ...props });
}

function day() {
  return h("input", { type: "date", autocomplete: "off" });
}

function dashed(value) {
  return value.replace(/(....)(..)(..)/, "$1-$2-$3");
}
