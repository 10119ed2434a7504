// URL and body of an HTTP call, filled in from templates so that no value leaves its place. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/prompt/template.hpp"
#include "foundation/error.hpp"
#include "foundation/json.hpp"

namespace nowd {

/// All but the unreserved characters of RFC 3986, 2.3, as %XX.
std::string percent_encoded(std::string_view value);

/// An argument as text: strings as they are, numbers and truth values as JSON writes them; nothing for the others.
std::optional<std::string> scalar_text(const Json& value);

struct FilledUrl {
  std::string url;
  std::string origin;          ///< "https://crm.internal:443": whose clock an answer's Date is
  std::set<std::string> used;  ///< the arguments that stood in slots
};

/// Values are percent-encoded; in a path they may make no empty, "." or ".." segment (servers and curl resolve those).
/// Scheme and port are fixed. A host with a slot or token must then be one of `hosts` ("name" or "name:port"); a fixed
/// host needs no list. Errors: `invalid` for a bad template or argument, `refused` for a host that is not listed.
Result<FilledUrl> fill_url(std::string_view url_template, const Json& arguments, const TemplateValues& values,
                           const std::vector<std::string>& hosts);

/// The URL with further arguments as its query: "a=1&b=x"; lists repeat their name, null is left out, objects are JSON.
std::string with_query(std::string url, const Json& arguments, const std::set<std::string>& without);

enum class BodyKind { json, form, markup, plain };

/// By the content type, and without one by whether the text begins like JSON.
BodyKind body_kind(std::string_view content_type, std::string_view body_template);
std::string_view default_content_type(BodyKind kind);

/// A value can neither end the string it stands in nor add a field. In a JSON body a token outside of quotes becomes a
/// JSON value: an argument keeps its type, and a text stays a text, also one that reads like a list or a number. A body
/// that is not JSON afterwards is `invalid`.
Result<std::string> fill_body(std::string_view body_template, BodyKind kind, const TemplateValues& values,
                              const Json& arguments);

}  // namespace nowd
