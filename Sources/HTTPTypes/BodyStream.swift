import Synchronization

/// The content of an answer that is given in pieces, between whoever has them and the connection they are for. What it
/// holds is bounded: who gives faster than the client takes is told to wait.
///
///     let content = BodyStream(length: nil) { wakeMeUp() }
///     answer(HTTPResponse(status: 200, headers: headers, stream: content))
///     content.offer(bytes) …; content.finish()
package final class BodyStream: Sendable {
  package enum Offer: Sendable, Equatable {
    case taken
    /// Nothing of it was taken: offer it again after the call of `changed`.
    case full
    /// Nobody will read any more: stop.
    case unwanted
  }

  /// What its reader finds.
  package struct Piece: Sendable, Equatable {
    package var bytes: [UInt8]
    /// What comes behind these bytes; nil where more may.
    package var end: End?

    package init(bytes: [UInt8], end: End? = nil) {
      self.bytes = bytes
      self.end = end
    }
  }

  package enum End: Sendable, Equatable {
    case complete
    /// The rest can't be had: the client must not take what it got for all.
    case brokenOff
  }

  private struct State: Sendable {
    var bytes: [UInt8] = []
    var end: End?
    var isUnwanted = false
    /// Whether an offer was turned down since there was room.
    var isWaitedFor = false
    /// Called once when there is something to read; nil while its reader is not waiting.
    var reader: (@Sendable () -> Void)?
  }

  /// Bytes of all the content; nil where nobody knows.
  package let length: Int?
  /// Bytes held here. As many again may be on their way into the socket. Default 128 KiB.
  package let capacity: Int
  private let changed: @Sendable () -> Void
  private let state = Mutex(State())

  /// - Parameter changed: called on a thread of the server when an offer that was turned down would be taken, and when
  ///   nobody reads any more. Must not block.
  package init(length: Int?, capacity: Int = 131_072, changed: @escaping @Sendable () -> Void) {
    self.length = length
    self.capacity = capacity
    self.changed = changed
  }

  package var isUnwanted: Bool { state.withLock(\.isUnwanted) }

  // MARK: Giving

  /// All of it or nothing. A piece larger than `capacity` is taken where nothing is held.
  package func offer(_ bytes: UnsafeRawBufferPointer) -> Offer {
    let (offer, reader) = state.withLock { state -> (Offer, (@Sendable () -> Void)?) in
      if state.isUnwanted || state.end != nil { return (.unwanted, nil) }
      guard state.bytes.isEmpty || state.bytes.count + bytes.count <= capacity else {
        state.isWaitedFor = true
        return (.full, nil)
      }
      state.bytes.append(contentsOf: bytes)
      return (.taken, bytes.isEmpty ? nil : state.reader.take())
    }
    reader?()
    return offer
  }

  package func offer(_ bytes: [UInt8]) -> Offer {
    bytes.withUnsafeBytes { offer($0) }
  }

  /// Nothing follows. Less or more than `length` is not a whole answer, and its client sees that.
  package func finish() { end(.complete) }

  /// The rest can't be had.
  package func breakOff() { end(.brokenOff) }

  private func end(_ end: End) {
    let reader = state.withLock { state -> (@Sendable () -> Void)? in
      if state.end != nil || state.isUnwanted { return nil }
      state.end = end
      return state.reader.take()
    }
    reader?()
  }

  // MARK: Reading

  /// All there is now. Where that is nothing, `ready` is called once as soon as there is something.
  package func take(orElse ready: @escaping @Sendable () -> Void) -> Piece {
    let (piece, hasRoom) = state.withLock { state -> (Piece, Bool) in
      guard !state.bytes.isEmpty || state.end != nil else {
        state.reader = ready
        return (Piece(bytes: []), false)
      }
      let piece = Piece(bytes: state.bytes, end: state.end)
      state.bytes = []
      defer { state.isWaitedFor = false }
      return (piece, state.isWaitedFor)
    }
    if hasRoom { changed() }
    return piece
  }

  /// Nobody reads any more: what is held is given back, and the giver is told.
  package func abandon() {
    let isNews = state.withLock { state in
      defer { state = State(end: state.end, isUnwanted: true) }
      return !state.isUnwanted && state.end == nil
    }
    if isNews { changed() }
  }
}

extension BodyStream: Equatable {
  package static func == (left: BodyStream, right: BodyStream) -> Bool { left === right }
}
