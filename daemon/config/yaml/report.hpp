// The errors and warnings of one file, collected while reading goes on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace nowd {

/// One fault or warning of a file. str(): "jobs/digest.yaml:7:3: minute '61' is not in 0-59; …".
struct Diagnostic {
  enum class Severity { error, warning };
  Severity severity = Severity::error;
  std::string file;
  int line = 0;    ///< 1-based; 0 = the file as a whole
  int column = 0;  ///< 1-based
  std::string message;
  std::string str() const;
  bool operator==(const Diagnostic&) const = default;
};

/// A place in a file; both count from 1. Line 0 means the file as a whole.
struct Mark {
  int line = 0;
  int column = 0;
  bool operator==(const Mark&) const = default;
};

/// Never stops at the first fault: a person wants to see them all. It keeps at most `max_kept` of them, and says so.
class Report {
 public:
  static constexpr std::size_t max_kept = 100;

  explicit Report(std::string file) : file_(std::move(file)) {}

  void error(Mark at, std::string message);
  void warning(Mark at, std::string message);

  const std::string& file() const { return file_; }
  std::size_t errors() const { return errors_; }
  /// There are errors, and nothing more would be kept: looking for further ones is a waste.
  bool full() const { return errors_ > 0 && found_.size() > max_kept; }
  /// In the order of the file; among equals, in the order they were found.
  std::vector<Diagnostic> take();

 private:
  void add(Diagnostic::Severity severity, Mark at, std::string message);

  std::string file_;
  std::vector<Diagnostic> found_;
  std::size_t errors_ = 0;
};

/// "'value'" for a message: one line, at most 60 bytes, nothing unprintable.
std::string in_quotes(std::string_view value);

}  // namespace nowd
