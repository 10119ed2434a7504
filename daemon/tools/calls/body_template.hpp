// The body of an HTTP call made from a template: values are escaped for the kind of text they stand in.
#pragma once

#include <string>
#include <string_view>

#include "domain/prompt/template.hpp"
#include "foundation/json.hpp"

namespace nowd {

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
