// The forms that a secret may take on its way through URLs, JSON and HTTP headers.
#pragma once

#include <string>
#include <vector>

namespace nowd {

/// As it is, JSON escaped, URL escaped, and in base64 at each of its three offsets. Some may be equal.
std::vector<std::string> forms_of_secret(const std::string& value);

}  // namespace nowd
