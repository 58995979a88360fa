//! All that people say to each other to hold a meeting: the wire protocol, the server's and the participant's state
//! machines, and the WebSocket shells around them. No media, no user interface.
