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

/// An argument as text: strings unchanged, numbers and truth values as JSON; nothing for other values.
std::optional<std::string> scalar_text(const Json& value);

struct FilledUrl {
  std::string url;
  std::string origin;          ///< "https://crm.internal:443": the server that an answer's Date belongs to
  std::set<std::string> used;  ///< the arguments in slots
};

/// Percent-encodes values. In a path they must not form an empty, "." or ".." segment (servers and curl resolve those).
/// Scheme and port are fixed. A host with a slot or token must be one of `hosts` ("name" or "name:port"); a fixed host
/// needs no list. Errors: `invalid` for a bad template or argument, `refused` for a host that is not listed.
Result<FilledUrl> fill_url(std::string_view url_template, const Json& arguments, const TemplateValues& values,
                           const std::vector<std::string>& hosts);

/// The URL with the arguments as its query: "a=1&b=x". Lists repeat their name, null is omitted, objects are JSON.
std::string with_query(std::string url, const Json& arguments, const std::set<std::string>& omitted);

enum class BodyKind { json, form, markup, plain };

/// The kind by the content type; without one, JSON if the text begins like JSON.
BodyKind body_kind(std::string_view content_type, std::string_view body_template);
std::string_view default_content_type(BodyKind kind);

/// No value can end its string or add a field. In a JSON body, a token outside of quotes becomes a JSON value: an
/// argument keeps its type, and a text stays a text, even if it looks like a list or a number. Errors: `invalid` if the
/// result is not JSON.
Result<std::string> fill_body(std::string_view body_template, BodyKind kind, const TemplateValues& values,
                              const Json& arguments);

}  // namespace nowd
