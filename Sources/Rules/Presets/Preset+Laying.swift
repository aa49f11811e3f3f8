import RelayCore

extension Preset {
  /// The destination with its preset under its own keys; as it is where it names none. nil after a problem that leaves
  /// nothing to read.
  static func laid(under node: Node) -> Node? {
    guard let own = node.json.object else { return node }
    guard let word = own["preset"] else {
      for key in keys where own[key] != nil { node.inside(key).problem("goes with a preset only") }
      return node
    }
    guard let name = Node(json: word, path: node.path.key("preset"), loading: node.loading).word(Name.self),
      let preset = named(name), let blanks = preset.blanks(node, own)
    else { return nil }
    var object = preset.object(preset.text, blanks)
    if let externalID = preset.externalID, own["external_id"] != nil {
      object = preset.object(externalID, blanks).laid(over: object)
    }
    if let auth = preset.auth(node, own, blanks) { object["auth"] = .object(auth) }
    preset.addTables(node)
    var laid = own.laid(over: object)
    if own["base_url"] != nil, preset.isRefused(node.inside("base_url"), beside: own) {
      // Told once: every url of the preset begins with it.
      laid["allow_private"] = .bool(true)
    }
    return Node(json: .object(laid), path: node.path, loading: node.loading)
  }

  /// True after a problem: it is a private address, and nothing says that this is meant.
  private func isRefused(_ base: Node, beside own: JSONObject) -> Bool {
    guard own["allow_private"] != .bool(true), let text = base.json.string,
      let host = URLTemplate.privateHost(of: text)
    else { return false }
    base.problem(URLTemplate.isPrivate(host, beside: "it"))
    return true
  }

  /// nil after a problem.
  private func blanks(_ node: Node, _ own: JSONObject) -> Blanks? {
    var isGood = true
    func check(_ key: String, _ good: Bool, _ what: String) {
      if good { return }
      node.inside(key).expected(what)
      isGood = false
    }
    let base = own["base_url"].map { $0.string ?? "" } ?? baseURL
    if let base {
      check(
        "base_url", ["https://", "http://", "${"].contains(where: base.hasPrefix) && !base.contains("{{"),
        "an absolute http or https url such as \(exampleURL)")
    } else {
      node.inside("base_url").problem("missing; each customer of \(title) has one, such as \(exampleURL)")
      isGood = false
    }
    let country = own["country"]?.string
    check(
      "country", own["country"] == nil || country.map(Self.isCountry) == true,
      "the two letters of the country where numbers are dialled without a code, as in \"FR\"")
    if own["external_id"] != nil, externalID == nil {
      node.inside("external_id").problem("\(title) has no such field; leave it out")
      isGood = false
    }
    let field = own["external_id"]?.string ?? ""
    check(
      "external_id", own["external_id"] == nil || Node.isName(field),
      "the name of the field, such as \"Call_Key__c\"")
    guard isGood, let base else { return nil }
    return Blanks(
      baseURL: base.hasSuffix("/") ? String(base.dropLast()) : base, timeZone: node.loading.timeZone, country: country,
      externalID: field)
  }

  /// What the preset knows of the kind of `auth` that the destination has; nil, with a problem, where it has none.
  private func auth(_ node: Node, _ own: JSONObject, _ blanks: Blanks) -> JSONObject? {
    let hasHeader = own["headers"]?.object?.members.contains { RequestTemplate.holdsSecrets($0.key.lowercased()) }
    guard let written = own["auth"] else {
      if hasHeader != true { node.inside("auth").problem("missing; \(missingAuth)") }
      return nil
    }
    return written.object.map { written in
      JSONObject(object(auth, blanks).members.filter { written[$0.key] != nil })
    }
  }

  private func addTables(_ node: Node) {
    for member in object(tables, Blanks(baseURL: "", timeZone: "", country: nil)).members
    where node.loading.tables[member.key] == nil {
      let place = RulePath.top.key("tables").key(member.key)
      node.loading.tables[member.key] = Table(
        reading: Node(json: member.value, path: place, loading: node.loading), name: member.key)
    }
  }

  private func object(_ text: String, _ blanks: Blanks) -> JSONObject {
    guard let object = try? JSONParser.parse(blanks.filled(text)).object else {
      preconditionFailure("the preset \(name.rawValue) is no JSON object")
    }
    return object
  }
}

extension JSONObject {
  /// Objects member by member, everything else as a whole; null takes a member of the other away.
  func laid(over other: JSONObject) -> JSONObject {
    var result = other
    for member in members {
      switch (member.value, other[member.key]) {
      case (.null, .some): result[member.key] = nil
      case (.object(let upper), .object(let lower)?): result[member.key] = .object(upper.laid(over: lower))
      default: result[member.key] = member.value
      }
    }
    return result
  }
}

extension Node {
  /// The member of this key, null where it has none: for problems.
  fileprivate func inside(_ key: String) -> Node {
    Node(json: json[key] ?? .null, path: path.key(key), loading: loading)
  }
}
