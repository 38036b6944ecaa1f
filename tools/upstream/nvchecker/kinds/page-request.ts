import type { HttpRequest } from "../../../http/http.ts";
import { type NvcheckerEntry, textOption } from "../nvchecker-config.ts";

/** The request that a recipe describes: a POST where it has `post_data`, with its `user_agent`. */
export function pageRequest(entry: NvcheckerEntry, postType: string): HttpRequest {
  const body = textOption(entry, "post_data");
  const headers = userAgentHeader(entry);
  if (body === undefined) return { headers };
  const contentType = textOption(entry, "post_data_type") ?? postType;
  return { method: "POST", body, headers: { ...headers, "content-type": contentType } };
}

export function userAgentHeader(entry: NvcheckerEntry): Readonly<Record<string, string>> {
  const userAgent = textOption(entry, "user_agent");
  return userAgent ? { "user-agent": userAgent } : {};
}
