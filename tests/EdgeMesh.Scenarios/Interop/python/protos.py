"""The interop services without generated code: messages and methods from a FileDescriptorSet."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_SERVICES = "grpc/testing/test.proto"


class Protos:
    """Message classes by name, and methods by service."""

    def __init__(self, descriptors_path):
        files = descriptor_pb2.FileDescriptorSet()
        with open(descriptors_path, "rb") as source:
            files.ParseFromString(source.read())
        self._pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            self._pool.Add(file)
        # Which files have which methods as streams: a descriptor in older versions of the library does not say so.
        self._services = {s.name: s for f in files.file if f.name == _SERVICES for s in f.service}

    def __getattr__(self, name):
        """The class of the message grpc.testing.NAME."""
        return self._class("grpc.testing." + name)

    def methods(self, service):
        """Yields (name, path, request class, response class, "unary" or "stream" for each direction)."""
        for m in self._services[service].method:
            path = f"/grpc.testing.{service}/{m.name}"
            kinds = ("stream" if m.client_streaming else "unary", "stream" if m.server_streaming else "unary")
            yield m.name, path, self._class(m.input_type[1:]), self._class(m.output_type[1:]), kinds

    def _class(self, full_name):
        descriptor = self._pool.FindMessageTypeByName(full_name)
        if hasattr(message_factory, "GetMessageClass"):
            return message_factory.GetMessageClass(descriptor)
        return message_factory.MessageFactory(self._pool).GetPrototype(descriptor)
