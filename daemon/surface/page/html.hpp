// HTML as a type: text from outside enters it only escaped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/json.hpp"
#include "foundation/time/civil.hpp"

namespace nowd {

/// Markup. Literals of this program are taken as they are; everything else passes through text().
class Html {
 public:
  Html() = default;
  template <std::size_t N>
  Html(const char (&markup)[N]) : code_(markup, N - 1) {}  // NOLINT(google-explicit-constructor)

  /// Escaped for content and quoted attributes; unprintable characters are replaced (text.hpp).
  static Html text(std::string_view outside);
  static Html number(std::int64_t value);
  /// A coordinate of SVG, to a tenth.
  static Html number(double value);

  Html& operator+=(const Html& more);
  friend Html operator+(Html left, const Html& right) { return left += right; }
  const std::string& code() const { return code_; }
  bool empty() const { return code_.empty(); }

 private:
  std::string code_;
};

/// A link within these pages: href is path and percent-encoded name.
Html link_to_job(std::string_view job, const Html& content);
Html link_to_run(std::int64_t run, const Html& content);

/// <time> with the UTC instant for machines and the local one with its offset for people; nothing = "–".
Html moment(const Zone& zone, std::optional<Instant> at);
/// "412 ms", "-3m12s"; nothing = "–".
Html span(std::optional<nanoseconds> size);
/// A state or verdict in its colour; its word says the same.
Html judged(std::string_view word);

/// A table with a caption and headings; the first cell of each row is its heading. It scrolls by itself where it is
/// wider than the screen, also from the keyboard. Without rows: `when_empty` as a sentence.
struct HtmlTable {
  std::string caption;         ///< text, not markup: it names the table to screen readers, too
  std::vector<Html> headings;  ///< text: on a narrow screen they stand in each cell, instead of above the columns
  std::vector<std::vector<Html>> rows;
  Html when_empty;
};
Html table(const HtmlTable& content);

/// A whole document: title, skip link, navigation, `main`, and a footer with the time and
/// the version of nowd.
struct PageFrame {
  std::string title;
  std::string version;
  Instant now;
};
std::string html_page(const PageFrame& frame, const Html& main);

/// The content of /style.css.
std::string_view style_sheet();

// Cells that the page of all jobs and the page of one job share. `job`: a row of nowd.job_overview.

/// "Tue 2026-06-02 09:00", in the job's zone; nothing = "–".
Html short_cell(const Zone& zone, std::optional<Instant> at);
/// "paused by alice: reason", "retired", and the number of runs under way; nothing for an active job.
Html state_cell(const Json& job);
/// The next occurrence, or the age of one that is due and waits.
Html next_cell(const Json& job, const Zone& zone);

}  // namespace nowd
