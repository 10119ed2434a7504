#include "support/places.hpp"

namespace nowd {

std::filesystem::path test_data(const std::filesystem::path& below) {
  return std::filesystem::path(NOWD_TEST_DATA) / below;
}

std::filesystem::path test_build(const std::filesystem::path& below) {
  return std::filesystem::path(NOWD_BUILD) / below;
}

}  // namespace nowd
