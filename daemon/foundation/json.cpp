#include "foundation/json.hpp"

#include <nlohmann/json.hpp>

namespace nowd {

Result<Json> parse_json(std::string_view text, std::size_t max_depth) {
  bool too_deep = false;
  auto watch_depth = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > static_cast<int>(max_depth);
    return !too_deep;
  };
  try {
    Json value = Json::parse(text, watch_depth);
    if (too_deep) return invalid("JSON is nested deeper than " + std::to_string(max_depth) + " levels");
    return value;
  } catch (const Json::parse_error& e) {
    return invalid("not JSON at byte " + std::to_string(e.byte));
  } catch (const Json::exception& e) {
    return invalid(std::string("not JSON: ") + e.what());
  }
}

std::string dump_json(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace nowd
