// The page around a report: style (light and dark), and the little script that sorts tables and shows tips.
#pragma once

#include <string>

namespace gulo {

// A whole HTML document that loads nothing from elsewhere. `title` is plain text, `body` is HTML.
std::string html_page(const std::string& title, const std::string& body);

// <section> with a heading (plain text), a sentence that says how to read it (HTML, may be empty), and HTML.
std::string html_section(const std::string& heading, const std::string& explanation, const std::string& content);

}  // namespace gulo
