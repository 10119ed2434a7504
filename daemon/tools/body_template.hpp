// The body of an HTTP call made from a template: values are escaped for the kind of text they stand in.
#pragma once

#include <string>
#include <string_view>

#include "domain/clocks/template.hpp"

namespace nowd {

enum class BodyKind { json, form, markup, plain };

/// By the content type, and without one by whether the text begins like JSON.
BodyKind body_kind(std::string_view content_type, std::string_view body_template);
std::string_view default_content_type(BodyKind kind);

/// A value can neither end the string it stands in nor add a field. A JSON body that is not JSON afterwards is
/// `invalid`: a value stood where it was no number.
Result<std::string> fill_body(std::string_view body_template, BodyKind kind, const TemplateValues& values);

}  // namespace nowd
