// inputs: what nowd fetches for a job before its model runs.
#pragma once

#include <vector>

#include "config/actions/template_check.hpp"
#include "config/yaml/field.hpp"
#include "domain/job/job.hpp"

namespace nowd {

/// In the order of the file, because they run in it: a template may name only inputs that stand before it.
/// The names of all of them, good or bad, are added to `scope`, so that one fault is reported once.
std::vector<Input> read_inputs(const Field& field, TemplateScope& scope);

}  // namespace nowd
