// The words that YAML and the canonical form use for the values of small enums: one list for reading and writing.
#pragma once

#include "config/yaml/field.hpp"
#include "domain/job/config.hpp"

namespace nowd {

inline constexpr Words<Gap, 3> gap_words{{{"next", Gap::next}, {"shift", Gap::shift}, {"skip", Gap::skip}}};
inline constexpr Words<Fold, 3> fold_words{{{"first", Fold::first}, {"second", Fold::second}, {"both", Fold::both}}};
inline constexpr Words<DayMatch, 2> day_match_words{{{"or", DayMatch::any}, {"and", DayMatch::all}}};
inline constexpr Words<MissedRules::Policy, 3> missed_words{
    {{"latest", MissedRules::Policy::latest}, {"all", MissedRules::Policy::all}, {"skip", MissedRules::Policy::skip}}};
inline constexpr Words<OverlapRules::Policy, 5> overlap_words{{{"skip", OverlapRules::Policy::skip},
                                                               {"buffer_one", OverlapRules::Policy::buffer_one},
                                                               {"buffer_all", OverlapRules::Policy::buffer_all},
                                                               {"cancel_running", OverlapRules::Policy::cancel_running},
                                                               {"allow", OverlapRules::Policy::allow}}};
inline constexpr Words<OutputRules::Format, 3> format_words{{{"text", OutputRules::Format::text},
                                                             {"markdown", OutputRules::Format::markdown},
                                                             {"json", OutputRules::Format::json}}};
inline constexpr Words<OnError, 2> on_error_words{{{"fail", OnError::fail}, {"tell", OnError::tell}}};
inline constexpr Words<CommandAgent::Repeat, 2> repeat_words{
    {{"once", CommandAgent::Repeat::once}, {"pure", CommandAgent::Repeat::pure}}};
inline constexpr Words<Priority, 3> priority_words{
    {{"high", Priority::high}, {"normal", Priority::normal}, {"low", Priority::low}}};
inline constexpr Words<ProviderConfig::MaxTokensField, 3> max_tokens_words{
    {{"auto", ProviderConfig::MaxTokensField::automatic},
     {"max_tokens", ProviderConfig::MaxTokensField::max_tokens},
     {"max_completion_tokens", ProviderConfig::MaxTokensField::max_completion_tokens}}};

inline constexpr Words<Response, 3> response_words{
    {{"none", Response::none}, {"flag", Response::flag}, {"refuse", Response::refuse}}};
inline constexpr Words<Response, 2> firm_response_words{{{"flag", Response::flag}, {"refuse", Response::refuse}}};
inline constexpr Words<ClockRules::Authority, 2> authority_words{
    {{"scheduled", ClockRules::Authority::scheduled}, {"dispatch", ClockRules::Authority::dispatch}}};
inline constexpr Words<ClockRules::Stating, 3> stating_words{{{"none", ClockRules::Stating::none},
                                                              {"observe", ClockRules::Stating::observe},
                                                              {"require", ClockRules::Stating::require}}};

inline constexpr Words<WebhookSink::Form, 5> webhook_form_words{{{"json", WebhookSink::Form::json},
                                                                 {"slack", WebhookSink::Form::slack},
                                                                 {"teams", WebhookSink::Form::teams},
                                                                 {"discord", WebhookSink::Form::discord},
                                                                 {"ntfy", WebhookSink::Form::ntfy}}};
inline constexpr Words<EmailSink::Tls, 2> tls_words{
    {{"required", EmailSink::Tls::required}, {"none", EmailSink::Tls::none}}};

}  // namespace nowd
