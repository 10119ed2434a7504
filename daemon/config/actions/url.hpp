// URLs that nowd may call, judged by their text: templates and {slots} in them are not filled in yet.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nowd {

/// Whether a text is an http or https URL with a host and without credentials; a message naming the fault if not.
std::optional<std::string> url_fault(std::string_view url);

}  // namespace nowd
