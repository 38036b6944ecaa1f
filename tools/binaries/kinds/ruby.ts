import { group, type Kind } from "../kind.ts";

export const ruby: Kind = {
  name: "ruby",
  title: "Ruby",
  needOfPath: group(/^usr\/lib\/ruby\/(?:gems|vendor_ruby|site_ruby)\/(\d+\.\d+\.\d+)\/./),
  givenByPath: group(/^usr\/lib\/ruby\/(\d+\.\d+\.\d+)\/./),
};
