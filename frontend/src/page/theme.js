/** Light, dark, or as the system has it; the choice is all that the page keeps in the browser. */
import { Observable } from "./observable.js";

const KEY = "theme";
const CHOICES = ["auto", "light", "dark"];

const kept = localStorage.getItem(KEY);
export const theme = new Observable(CHOICES.includes(kept) ? kept : "auto");

theme.follow((choice) => {
  if (choice === "auto") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, choice);
  document.documentElement.dataset.theme = choice;
});
