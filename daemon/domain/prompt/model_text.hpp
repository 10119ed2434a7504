// Text from outside nowd on its way to a model: it can never look like a clock block.
#pragma once

#include <string>
#include <string_view>

namespace nowd {

/// Writes the opening sign of each "<clock" as `&lt;`: in any case and spelling that a model could read as that tag
/// (lenient_text.hpp), with any space after the sign. All other text stays byte for byte. Escaping twice changes
/// nothing. Linear in the text.
std::string escape_clock(std::string_view outside);

/// An input, the output of another run, or other text that nowd did not write, after escape_clock. A member of this
/// type cannot be assigned an unescaped text: from_outside() is the only way in.
class ModelText {
 public:
  ModelText() = default;
  static ModelText from_outside(std::string_view text) { return ModelText(escape_clock(text)); }

  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  bool operator==(const ModelText&) const = default;

 private:
  explicit ModelText(std::string escaped) : text_(std::move(escaped)) {}
  std::string text_;
};

}  // namespace nowd
