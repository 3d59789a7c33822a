"""The JSON-RPC protocol of pygls with its traps mended.

pygls 2.1 answers nothing to a request whose parameters do not validate, shows its own errors as
popups, stops the whole process at ``exit``, starts handlers after later messages were read,
ignores requests after ``shutdown``, logs as an error what the end of a connection cancels, and
keeps a copy of every document. Each override below mends one of these.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Generator
from concurrent.futures import Future
from functools import partial
from typing import Any

from cattrs import Converter, transform_error
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, JsonRpcInvalidParams
from pygls.protocol import (
    JsonRPCRequestMessage,
    LanguageServerProtocol,
    default_converter,
    lsp_method,
)
from pygls.protocol.json_rpc import MsgId

from lsp_server.logs import described

logger = logging.getLogger(__name__)

_CHANGES = (types.TEXT_DOCUMENT_DID_CHANGE, types.NOTEBOOK_DOCUMENT_DID_CHANGE)
_MAX_UINTEGER = 2**31 - 1


class MidfillProtocol(LanguageServerProtocol):
    """One connection's protocol. ``has_exited`` after the client's ``exit`` notification."""

    has_exited = False
    # Members of the server's capabilities that the answer to ``initialize`` leaves out.
    withheld: frozenset[str] = frozenset()
    # Told of each change to documents that could not be read, by its parameters.
    on_unread_change: Callable[[Any], None] = staticmethod(lambda _params: None)

    @property
    def converter(self) -> Converter:
        """What writes and reads messages."""
        return self._converter

    @property
    def has_shut_down(self) -> bool:
        """Whether the client sent ``shutdown``: the process may then end with success."""
        return self._shutdown

    def handle_json(self, data: dict[str, Any]) -> None:
        """Handle one message; one that is none of the protocol is refused, if it wants an answer.

        Whatever a handler raises beside an answer is logged here: the connection goes on.
        """
        id_ = data.get("id")
        if not _is_id(id_) or not isinstance(data.get("method", ""), str):
            wrong = "A method is a string, an id a string or a number."
            self.refuse(id_ if _is_id(id_) else None, types.ErrorCodes.InvalidRequest, wrong)
        elif (refusal := self._refusal(data)) is not None:
            self.refuse(id_, *refusal)
        elif self._is_early(data):
            logger.info("dropped before initialize: %s", data["method"])
        elif "method" in data or "result" in data or "error" in data:
            try:
                message = self.structure_message(data)
                if "id" in data and not hasattr(message, "id"):
                    detail = f"{data['method']} is a notification: send it without an id."
                    self.refuse(id_, types.ErrorCodes.InvalidRequest, detail)
                else:
                    self.handle_message(message)
            except JsonRpcException as error:
                logger.debug("not handled: %s", error.message)
        else:
            wrong = "A message has a method, a result or an error."
            self.refuse(id_, types.ErrorCodes.InvalidRequest, wrong)

    def refuse(self, id_: str | int | None, code: types.ErrorCodes, message: str) -> None:
        """Answer with an error; without ``id_`` when the request's is not known."""
        self._send_data(types.ResponseErrorMessage(id_, types.ResponseError(code, message)))

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read a message; a request with invalid parameters is answered with -32602.

        Raises the error after answering, so that nothing handles the message further.
        """
        try:
            return super().structure_message(data)
        except (JsonRpcInvalidParams, JsonRpcInternalError) as error:
            detail = _described(error)
            logger.warning("invalid parameters for %s: %s", data.get("method"), detail)
            if data.get("method") in _CHANGES:
                self.on_unread_change(data.get("params"))
            if "id" in data and "method" in data:
                message = f"Invalid parameters for {data['method']}: {detail}"
                self.refuse(data["id"], types.ErrorCodes.InvalidParams, message)
            raise

    def _refusal(self, data: dict[str, Any]) -> tuple[types.ErrorCodes, str] | None:
        """Why a request that comes too early or too late is refused, whatever it asks."""
        if "id" not in data or "method" not in data:
            return None
        if self.has_shut_down:
            return types.ErrorCodes.InvalidRequest, "The server is shutting down."
        if self._is_initialized and data["method"] == types.INITIALIZE:
            return types.ErrorCodes.InvalidRequest, "initialize may be sent once."
        if self._is_early(data):
            return types.ErrorCodes.ServerNotInitialized, "The first request must be initialize."
        return None

    def _is_early(self, data: dict[str, Any]) -> bool:
        """Whether a message comes before ``initialize``, and is none that may."""
        may_come = (types.INITIALIZE, types.EXIT)
        return "method" in data and not self._is_initialized and data["method"] not in may_come

    @property
    def _is_initialized(self) -> bool:
        return self._workspace is not None

    def _handle_response(self, msg_id: MsgId, result: Any = None, error: Any = None) -> None:
        """Take a client's answer; one that comes after we stopped waiting is nobody's."""
        waiting = self._request_futures.get(msg_id)
        if waiting is not None and waiting.done():
            del self._request_futures[msg_id]
            logger.info("the answer to %s came too late", msg_id)
        else:
            super()._handle_response(msg_id, result, error)

    def _run_generator(
        self,
        future: Future[Any] | None,
        *,
        gen: Generator[Any, Any, Any],
        result_future: Future[Any],
    ) -> None:
        """Go on with a handler; one whose inner part was cancelled is cancelled as a whole."""
        if future is not None and future.cancelled():
            gen.close()
            result_future.cancel()
        else:
            super()._run_generator(future, gen=gen, result_future=result_future)

    def cancel_all(self) -> None:
        """End what runs for the client, and what it was asked itself."""
        # Some take themselves out while they are cancelled.
        for future in list(self._request_futures.values()):
            future.cancel()

    def _send_handler_result(self, future: Future[Any], *, msg_id: MsgId) -> None:
        """Send a request's result; when that is a coroutine, run it and send what it returns.

        So a handler's first part runs when the message is read, before any later message changes
        the document, and the slow part as a task that ``$/cancelRequest`` ends.
        """
        error = None if future.cancelled() else future.exception()
        if error is not None:
            self._request_futures.pop(msg_id, None)
            self._send_response(msg_id, error=_response_error(error))
        elif not future.cancelled() and inspect.iscoroutine(future.result()):
            task = asyncio.ensure_future(future.result())
            self._request_futures[msg_id] = task
            task.add_done_callback(partial(self._send_handler_result, msg_id=msg_id))
        else:
            super()._send_handler_result(future, msg_id=msg_id)

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(
        self, params: types.InitializeParams
    ) -> Generator[Any, Any, types.InitializeResult]:
        """Answer with what is offered from the start; the rest is registered later."""
        result = yield from super().lsp_initialize(params)
        for member in self.withheld:
            setattr(result.capabilities, member, None)
        return result

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_args: Any) -> None:  # type: ignore[override]
        """End this connection only: another one may be open in this process."""
        self.has_exited = True

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Leave the document to our own store."""
        self.fm.features[types.TEXT_DOCUMENT_DID_OPEN](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Leave the document to our own store."""
        self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Leave the document to our own store."""
        self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE](params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: types.DidOpenNotebookDocumentParams) -> None:
        """Leave the notebook to our own store."""
        self.fm.features[types.NOTEBOOK_DOCUMENT_DID_OPEN](params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(
        self, params: types.DidChangeNotebookDocumentParams
    ) -> None:
        """Leave the notebook to our own store."""
        self.fm.features[types.NOTEBOOK_DOCUMENT_DID_CHANGE](params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(
        self, params: types.DidCloseNotebookDocumentParams
    ) -> None:
        """Leave the notebook to our own store."""
        self.fm.features[types.NOTEBOOK_DOCUMENT_DID_CLOSE](params)


def message_converter() -> Converter:
    """Build the converter of messages; requests of our own methods may leave out ``params``."""
    converter: Converter = default_converter()  # type: ignore[no-untyped-call]
    structure = converter.get_structure_hook(JsonRPCRequestMessage)
    converter.register_structure_hook(
        JsonRPCRequestMessage, lambda data, cls: structure({"params": None, **data}, cls)
    )
    for carrier in (
        types.TextDocumentContentChangePartial,
        types.TextDocumentContentChangeWholeDocument,
        types.TextDocumentItem,
    ):
        converter.register_structure_hook(
            carrier, partial(_with_text, converter.get_structure_hook(carrier))
        )
    return converter


def _with_text(structure: Callable[[Any, Any], Any], data: Any, cls: Any) -> Any:
    """Read what carries a document's text; TypeError when that is none (it would become 'None')."""
    if not isinstance(data.get("text"), str):
        raise TypeError("text is not a string")
    return structure(_in_range(data) if "range" in data else data, cls)


def _in_range(change: Any) -> Any:
    """A change without the numbers that no position has: below 0 means 0, too large the end.

    A change that is dropped leaves the document wrong for good. This is what clamping is for (3.17,
    "Position") and what the protocol's own library for servers does, with numbers below 0 as well.
    """
    try:
        places = {
            end: {
                name: min(max(change["range"][end][name], 0), _MAX_UINTEGER)
                for name in ("line", "character")
            }
            for end in ("start", "end")
        }
    except (KeyError, TypeError):
        return change  # read as it is, and refused with what is wrong about it
    if places != change["range"]:
        logger.warning("a change's range is not of the protocol: it is taken as %s", places)
    return {"range": places, "text": change["text"]}


def _described(error: JsonRpcException) -> str:
    """Say which member of a message is wrong, without quoting its value."""
    cause = error.__cause__
    return "; ".join(transform_error(cause)) if cause is not None else error.message


def _response_error(error: BaseException) -> types.ResponseError:
    """Log what went wrong in a handler, and say it in one line without our source code."""
    if isinstance(error, JsonRpcException):
        logger.warning("request refused: %s", error.message)
        return types.ResponseError(error.code, error.message)
    logger.error("a request handler failed: %s", described(error))
    logger.debug("its error", exc_info=error)
    message = f"Internal error: {type(error).__name__}; the server's log says more"
    return types.ResponseError(types.ErrorCodes.InternalError, message)


def _is_id(value: object) -> bool:
    """Tell whether a message may have this id, or none."""
    return value is None or (isinstance(value, (str, int)) and not isinstance(value, bool))
