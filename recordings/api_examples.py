"""What the API's documentation says of recordings. Numbers are reserved for fiction."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from customers.api_schema import IDEMPOTENCY, PROBLEM
from recordings.serializers import CallSerializer, RecordingSerializer

RECORDING = {
    "id": "019a0f6e-5d53-7c1e-9f0a-3f1d2b6c7a10",
    "started_at": "2026-03-02T08:30:00Z",
    "ended_at": "2026-03-02T08:31:12Z",
    "received_at": "2026-03-02T08:31:15Z",
    "kept_until": "2026-06-02T07:31:12Z",
    "duration_ms": 71540,
    "size": 1144684,
    "format": "wav",
    "caller_number": "+46701740615",
    "caller_name": "Zacharias Ödlund",
    "called_number": "+46846500411",
    "call_id": "pbx-7741",
    "staff": None,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "audio": "/api/v1/recordings/019a0f6e-5d53-7c1e-9f0a-3f1d2b6c7a10/audio/",
}

_answer = OpenApiExample("A recording", value=RECORDING, response_only=True)


def _header(name: str, text: str, *, kind: Any = OpenApiTypes.STR) -> OpenApiParameter:
    return OpenApiParameter(
        f"Smartsvar-{name}",
        kind,
        OpenApiParameter.HEADER,
        description=f"With raw audio only. {text}",
    )


RAW_HEADERS = [
    _header("Started-At", "Required there: when the call began.", kind=OpenApiTypes.DATETIME),
    _header("Ended-At", "When it ended.", kind=OpenApiTypes.DATETIME),
    _header("Caller-Number", "E.164, a national number, sip:user@host, or withheld."),
    _header("Caller-Name", "In UTF-8."),
    _header("Called-Number", "Which of the customer's numbers."),
    _header("Call-Id", "Your id of the call."),
    _header("Staff", "Whom the call was for.", kind=OpenApiTypes.UUID),
    _header("Sha256", "Of the audio, in hexadecimal."),
]

_FORM = {
    "type": "object",
    "required": ["audio", "started_at"],
    "additionalProperties": False,
    "properties": {
        "audio": {
            "type": "string",
            "format": "binary",
            "description": "WAV (PCM, G.711), MP3, Ogg or FLAC; the content counts, not the name.",
        },
        **{
            name: {"type": "string", "description": str(field.help_text or "")}
            for name, field in CallSerializer().fields.items()
        },
    },
}
_RAW = {"type": "string", "format": "binary"}

DELIVERY: dict[str, Any] = {
    "description": (
        "Deliver a recording. The audio is sealed while it arrives. Send a form with the part "
        "`audio`, or the raw audio with its facts in headers (`Smartsvar-Started-At` …) or, where "
        "a switchboard can do nothing else, in the query (`?started_at=…`); headers are better, "
        "for addresses end up in logs. Content-Length is required. With `Idempotency-Key` a "
        "repeated request answers 201 with the same recording and `Idempotency-Replayed: true`."
    ),
    "parameters": [*RAW_HEADERS, IDEMPOTENCY],
    "request": {"multipart/form-data": _FORM, "audio/*": _RAW, "application/octet-stream": _RAW},
    "responses": {
        201: RecordingSerializer,
        409: OpenApiResponse(PROBLEM, "`in_flight`: the same Idempotency-Key is being worked on."),
        410: OpenApiResponse(
            PROBLEM, "`gone`: what the first request made has been deleted since."
        ),
        411: OpenApiResponse(PROBLEM, "`length_required`."),
        413: OpenApiResponse(PROBLEM, "`too_large`."),
        415: OpenApiResponse(PROBLEM, "`unsupported_media_type`."),
        422: OpenApiResponse(
            PROBLEM,
            "`not_audio`, `empty`, `too_long`, `truncated`, `checksum_mismatch`, "
            "`ends_before_start`, `in_the_future`, `longer_than_call`, `already_due`, "
            "`idempotency_mismatch`.",
        ),
        503: OpenApiResponse(PROBLEM, "`storage_unavailable`; `unavailable`."),
        507: OpenApiResponse(PROBLEM, "`storage_full`: nothing was kept."),
    },
    "examples": [_answer],
}

LISTING: dict[str, Any] = {
    "examples": [
        OpenApiExample("A page", value={"results": [RECORDING], "next": None}, response_only=True)
    ]
}

AUDIO: dict[str, Any] = {
    "description": (
        "Fetch the audio. Without `Range` all of it streams; with one range the answer is 206 with "
        "at most 256 KiB from where the range begins, so ask again from where it ended. Several "
        "ranges are ignored. The right to listen is asked again while a long answer streams."
    ),
    "parameters": [
        OpenApiParameter(
            "Range", str, OpenApiParameter.HEADER, description="For example bytes=0-65535."
        ),
        OpenApiParameter(
            "If-Range", str, OpenApiParameter.HEADER, description="The ETag seen before."
        ),
    ],
    "responses": {
        (200, "audio/*"): OpenApiTypes.BINARY,
        (206, "audio/*"): OpenApiTypes.BINARY,
        416: OpenApiResponse(
            description="The range begins beyond the end; Content-Range says where that is."
        ),
        503: OpenApiResponse(
            PROBLEM, "`audio_unavailable`: the audio cannot be opened now; `unavailable`."
        ),
    },
}
