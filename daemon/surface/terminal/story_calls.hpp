// The calls of a story, and the page that stories are written on: a time at the left, sentences at the right.
#pragma once

#include <string>

#include "surface/run_record.hpp"
#include "surface/text.hpp"

namespace nowd {

class StoryPage {
 public:
  StoryPage(Zone zone, const Style& style) : zone_(std::move(zone)), style_(style) {}

  /// A sentence at its moment (the date is said where the local day changes), and sentences that belong to it.
  void line(std::optional<Instant> at, const std::string& sentence, Ink ink = Ink::plain);
  void more(const std::string& sentence, Ink ink = Ink::plain);
  /// The same, at most two lines unless everything is wanted.
  void excerpt(const std::string& text);
  /// All of it, with a bar at its left.
  void whole(const std::string& text);

  const std::string& text() const { return text_; }
  const Style& style() const { return style_; }

 private:
  void write(const std::string& margin, const std::string& sentence, Ink ink);
  Zone zone_;
  const Style& style_;
  std::string text_;
  std::optional<LocalDay> day_;
};

/// `followed`: it is not the run's last one.
void tell_call(StoryPage& page, const ModelCallRecord& call, bool live, bool followed);
void tell_call(StoryPage& page, const ToolCallRecord& call, bool live);
void tell_delivery(StoryPage& page, const DeliveryRecord& delivery);

/// Requires: the run has an output.
std::string output_text(const RunRecord& run, const Style& style);

}  // namespace nowd
